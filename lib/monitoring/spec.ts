import { type Dataset, freshnessLimits } from '../../contracts/index.js';
import type { MetricSpec } from '../../contracts/metrics.js';
import type { Config } from '../config.js';

export type Severity = Dataset['service']['severity'];

/** What a missing value means, and why. */
export interface Missing {
  readonly treat: 'breaching' | 'notBreaching' | 'ignore';
  readonly because: string;
}

/** An alarm: a section of docs/runbook.md for each `kind`. */
export interface AlarmSpec {
  /** Its name without app and stage. */
  readonly name: string;
  /** The section of the runbook. */
  readonly kind: string;
  /** What is wrong, and what it means. */
  readonly says: string;
  /** The first command to run. */
  readonly command: string;
  readonly severity: Severity;
  readonly owner: string;
  /** The dataset it is about; null where it is about what all stand on. */
  readonly dataset: string | null;
  /** Whether the dataset's composite alarm speaks for it, where there are such: it is of the dataset's own severity. */
  readonly together: boolean;
  readonly metric: {
    readonly namespace?: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly statistic: 'Maximum' | 'Minimum' | 'Sum';
    readonly periodSeconds: number;
  };
  readonly comparison: '>' | '>=' | '<';
  readonly threshold: number;
  /** M of N: this many of the last `of` periods. */
  readonly datapoints: number;
  readonly of: number;
  readonly missing: Missing;
}

/** An alarm of a dataset; whether it speaks together with others follows from its severity. */
export type DatasetAlarm = Omit<AlarmSpec, 'together'>;

export interface AlarmScope {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  /** Names without app and stage. */
  readonly jobs: readonly string[];
  readonly deadLetterQueues: readonly string[];
  /** ARN of the hourly flow's state machine. */
  readonly flowArn: string;
}

export const MINUTE = 60;
/**
 * What the monitor measures is looked at by the minute, not by its interval: missing minutes change nothing, and the
 * first look after something was mended clears the alarm, even one by hand. What is well is not sent: it would be billed.
 */
export const LOOK = MINUTE;

export const SILENT_MONITOR: Missing = { treat: 'ignore', because: 'the monitor measures it: where that is silent, monitor-silent says so, and this says nothing new' };
export const NO_BATCH: Missing = { treat: 'notBreaching', because: 'a batch that did not come broke nothing; freshness watches whether batches come' };

export const kebab = (text: string): string => text.replaceAll('_', '-');

/** What all alarms have in common that are about what every dataset stands on. */
export const PLATFORM = { severity: 'page', owner: 'sluice', dataset: null, together: false } as const;

/** What all alarms of a dataset have in common: one look that is wrong is enough. */
export const ownOf = ({ name, owner }: Dataset) => ({ owner, dataset: name, datapoints: 1, of: 1, comparison: '>' }) as const;

/** The worst value of a dataset's metric. */
export const worst = ({ name: metric }: MetricSpec, { name }: Dataset, periodSeconds: number): AlarmSpec['metric'] => ({
  name: metric,
  dimensions: { Dataset: name },
  statistic: 'Maximum',
  periodSeconds,
});

/** How old each layer of a dataset may be, so many minutes more allowed, in words. */
export const ofLayers = (dataset: Dataset, more = 0): string =>
  freshnessLimits(dataset)
    .map(({ layer, minutes }) => `${layer} ${minutes + more}`)
    .join(', ');
