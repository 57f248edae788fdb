import type { Config } from '../config.js';

/** The jobs of each layout, with the writers that each one runs. */
export const LAYOUTS: Readonly<Record<Config['medallion']['layout'], Readonly<Record<string, readonly string[]>>>> = {
  combined: { combined: ['bronze', 'silver', 'gold'] },
  separate: { bronze: ['bronze'], silver: ['silver'], gold: ['gold'] },
};
