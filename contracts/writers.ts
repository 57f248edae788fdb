/** The layers that jobs write, in the order in which a record comes through them. */
export const WRITERS = ['bronze', 'silver', 'gold'] as const;
export type Writer = (typeof WRITERS)[number];
