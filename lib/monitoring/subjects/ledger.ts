import { type Dataset, isFed } from '../../../contracts/index.js';
import { DRIVER, MONITOR } from '../../../contracts/metrics.js';
import type { Draw } from '../draw.js';
import { type DatasetAlarm, kebab, LOOK, MINUTE, NO_BATCH, ownOf, SILENT_MONITOR, worst } from '../spec.js';
import { THIRD } from '../widths.js';

/** Where no topic is, there are no offsets that follow each other. */
const gapsOf = (dataset: Dataset): DatasetAlarm => ({
  ...ownOf(dataset),
  name: `offset-gaps-${kebab(dataset.name)}`,
  kind: 'offset-gaps',
  says: `Batches of ${dataset.name} do not follow each other: offsets are missing between them.`,
  command: 'sluice health',
  severity: 'page',
  metric: worst(MONITOR.offsetGaps, dataset, LOOK),
  threshold: 0,
  missing: SILENT_MONITOR,
});

/** Whether every record is accounted for: within batches, and between them. */
export const ledger = {
  alarms: (dataset: Dataset): DatasetAlarm[] => [
    {
      ...ownOf(dataset),
      name: `ledger-residual-${kebab(dataset.name)}`,
      kind: 'ledger-residual',
      says: `A batch of ${dataset.name} read more or fewer records than it accounts for: one was lost, or counted twice.`,
      command: 'sluice query "SELECT * FROM ops.ledger WHERE residual <> 0"',
      severity: 'page',
      metric: worst(DRIVER.residual, dataset, MINUTE),
      threshold: 0,
      missing: NO_BATCH,
    },
    ...(isFed(dataset) ? [gapsOf(dataset)] : []),
  ],
  gaps: (draw: Draw) => draw.newest('Gaps between batches', 'monitor', [MONITOR.offsetGaps], THIRD),
};
