/** Queues in which events wait that something failed at, without app and stage; by the stack that makes them. */
export const INGESTION_QUEUES = ['ingest-failures', 'ingest-dead-letters'] as const;
export const MEDALLION_QUEUES = ['watchdog-failures', 'watchdog-dead-letters'] as const;
export const EXPORT_QUEUES = ['export-failures', 'export-dead-letters'] as const;
export const ORCHESTRATION_QUEUES = ['hourly-dead-letters'] as const;
export const MONITORING_QUEUES = ['monitor-failures', 'monitor-dead-letters'] as const;

/** Of every stack that there may be. */
export const DEAD_LETTER_QUEUES = [...INGESTION_QUEUES, ...MEDALLION_QUEUES, ...EXPORT_QUEUES, ...ORCHESTRATION_QUEUES, ...MONITORING_QUEUES] as const;

/** Those of a stage. @param exports whether a dataset exports, without which nothing is exported */
export const deadLetterQueues = ({ exports }: { readonly exports: boolean }): string[] =>
  DEAD_LETTER_QUEUES.filter((queue) => exports || !(EXPORT_QUEUES as readonly string[]).includes(queue));
