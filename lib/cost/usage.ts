import type { Writer } from '../../contracts/index.js';

/**
 * What a stage uses of what is billed by use, besides what its templates and contracts say. Each figure is measured where
 * it says so, else taken high. What users add (queries, readers of lists, backfills, rebuilds) is not counted.
 */
export const HOURS = 730;

/** Requests to S3, as it bills them: `write` PUT, COPY, POST and LIST; `read` GET and HEAD. */
export interface Requests {
  readonly write: number;
  readonly read: number;
}

/**
 * Per query: of a trigger that finds nothing, for each table that it reads, and of one that writes a batch. Measured by
 * `bench/s3-requests` on 2026-11-27.
 */
export const S3_REQUESTS: Readonly<Record<Writer, { readonly idle: Requests; readonly batch: Requests }>> = {
  // Kafka is asked, not S3.
  bronze: { idle: { write: 0, read: 0 }, batch: { write: 26, read: 58 } },
  silver: { idle: { write: 2, read: 1 }, batch: { write: 55, read: 110 } },
  gold: { idle: { write: 2, read: 1 }, batch: { write: 48, read: 62 } },
};
/** Minutes of an hour in which records of a dataset come: an hourly flow takes that long. The monitor's canaries are beside it. */
export const BUSY_MINUTES_AN_HOUR = 1;

/** Seconds and memory (MiB) of one call of each function. */
export const CALLS = {
  monitor: { seconds: 30, mib: 512 },
  watchdog: { seconds: 3, mib: 256 },
  ingest: { seconds: 6, mib: 512 },
  flow: { seconds: 3, mib: 256 },
  publish: { seconds: 3, mib: 256 },
} as const;

/** Bytes that go to CloudWatch Logs. */
export const LOG_BYTES = {
  /** A line of values of one thing, and what Lambda writes around each call. */
  line: 300,
  call: 700,
  /** Of a driver, an hour. */
  driverHour: 400_000,
  /** Of the flow's history with its data, per source and run. */
  flowSource: 10_000,
  /** Of the VPC's flow log, a month. */
  network: 300_000_000,
} as const;
/** Months that logs are kept. */
export const LOG_MONTHS = 1;

/** An export: minutes that its workers are billed. */
export const EXPORT_MINUTES = 3;
/** Hours of a month in which a series that is told only while something is wrong is sent: a hundredth. */
export const WRONG_HOURS = 7;
/** Series of Glue's own metrics a job, where they are switched on: some 32 names, of the run and of all runs. */
export const GLUE_SERIES = 64;
/** Athena bills ten megabytes of a query at least. */
export const ATHENA_LEAST_TB = 10 / 1e6;
/** GB of bodies that all sources give in a month, as far as they changed. */
export const FEED_GB = 5;
/** GB that tables, bodies and checkpoints of a young lake take. */
export const LAKE_GB = 10;
/** GB a day that merges, compaction and VACUUM leave behind, which versions and copies keep for their days. */
export const REWRITTEN_GB_A_DAY = 1;
/** Seconds between two writes of a driver's positions, and two looks at a lease. */
export const POSITION_SECONDS = 5;
export const LEASE_SECONDS = 5;
/** Of the requests to a bucket with a bucket key, those that reach KMS: a hundredth (AWS: "up to 99 percent" fewer). */
export const KMS_SHARE = 0.01;
