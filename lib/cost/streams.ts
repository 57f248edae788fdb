import { type Dataset, isFed, type Writer } from '../../contracts/index.js';
import { findDataset } from '../../datasets/index.js';
import { operations } from '../../datasets/operations/contract.js';
import { type Config, canaryMinutes, hoursAwake } from '../config.js';
import type { CostItem } from './item.js';
import type { Prices } from './prices.js';
import { BUSY_MINUTES_AN_HOUR, KMS_SHARE, type Requests, S3_REQUESTS } from './usage.js';

/** A streaming query of a dataset. */
export interface Query {
  readonly layer: Writer;
  readonly name: string;
  readonly triggerSeconds: number;
  /** Tables that each trigger looks at. */
  readonly reads: number;
  /** Layers behind its own that its batches are written to, a table each: one pass through all of them. */
  readonly carries: readonly Writer[];
}

/** Seconds between the starts of a layer's batches, as glue-jobs/medallion/arguments.py says (`trigger_of`). */
export function triggerOf({ medallion }: Pick<Config, 'medallion'>, layer: Query['layer'], { service }: Pick<Dataset, 'service'>): number {
  if (service.background) return medallion.backgroundTriggerSeconds ?? service.triggerSeconds;
  const own = { bronze: medallion.bronzeTriggerSeconds, silver: undefined, gold: medallion.goldTriggerSeconds }[layer];
  return own ?? medallion.triggerSeconds ?? service.triggerSeconds;
}

/** Seconds between two times that a periodic table is brought up to date, as glue-jobs/medallion/layers/periodic.py says. */
function secondsBetween(config: Pick<Config, 'medallion'>, dataset: Dataset, everySeconds: number | undefined): number {
  const seconds = config.medallion.periodicSeconds ?? everySeconds ?? dataset.service.triggerSeconds;
  return dataset.service.background ? Math.max(seconds, triggerOf(config, 'gold', dataset)) : seconds;
}

/** The layers in which a dataset has one query, where each layer has its own. */
const layersOf = (dataset: Dataset): readonly ('bronze' | 'silver')[] => (isFed(dataset) ? ['bronze', 'silver'] : ['silver']);

/** Whether one query carries a dataset's records through all layers (glue-jobs/medallion/layers/passing.py). */
const isOnePass = ({ medallion }: Pick<Config, 'medallion'>, dataset: Dataset): boolean => medallion.layout === 'combined' && isFed(dataset);

/** The streaming queries that a dataset makes, and how often each looks. */
export function queriesOf(config: Pick<Config, 'medallion'>, dataset: Dataset): Query[] {
  const tables = dataset.tables.filter(({ writer }) => writer === 'gold');
  const onePass = isOnePass(config, dataset);
  const carries = ['silver' as const, ...tables.filter(({ kind }) => kind === 'state').map(() => 'gold' as const)];
  const first: Query[] = onePass
    ? [{ layer: 'bronze', name: `bronze.${dataset.name}`, triggerSeconds: triggerOf(config, 'silver', dataset), reads: 1, carries }]
    : layersOf(dataset).map((layer) => ({ layer, name: `${layer}.${dataset.name}`, triggerSeconds: triggerOf(config, layer, dataset), reads: 1, carries: [] }));
  return [
    ...first,
    ...tables
      .filter(({ kind }) => !onePass || kind === 'periodic')
      .map(
        ({ layer, name, kind, everySeconds, reads }): Query => ({
          carries: [],
          reads: 1 + reads.length,
          layer: 'gold',
          name: `${layer}.${name}`,
          triggerSeconds: kind === 'periodic' ? secondsBetween(config, dataset, everySeconds) : triggerOf(config, 'gold', dataset),
        }),
      ),
  ];
}

/** Requests to S3 that a query makes in an hour: each trigger looks, and those that find something write a batch. */
export function requestsAnHour({ layer, triggerSeconds, reads, carries }: Query, canariesAnHour: number): Requests {
  const triggers = 3600 / triggerSeconds;
  // Canaries, and the records of the hourly flow.
  const batches = Math.min(triggers, canariesAnHour + Math.ceil((BUSY_MINUTES_AN_HOUR * 60) / triggerSeconds));
  const of = (tier: keyof Requests) =>
    (triggers - batches) * reads * S3_REQUESTS[layer].idle[tier] + batches * [layer, ...carries].reduce((sum, each) => sum + S3_REQUESTS[each].batch[tier], 0);
  return { write: of('write'), read: of('read') };
}

/** Minutes between two canaries; what happens is told with each run of the monitor. */
const tellingMinutes = (config: Config, { name }: Dataset): number => (name === operations.name ? config.monitoring.everyMinutes : canaryMinutes(config));

/** What the queries of the datasets ask of S3, and what of that reaches KMS. */
export function streamItems(config: Config, datasets: readonly Dataset[], prices: Prices): CostItem[] {
  const hours = hoursAwake(config);
  return datasets.flatMap((dataset): CostItem[] => {
    const requests = queriesOf(config, dataset).map((query) => requestsAnHour(query, 60 / tellingMinutes(config, dataset)));
    const sum = (tier: keyof Requests) => hours * requests.reduce((all, each) => all + each[tier], 0);
    const [write, read] = [sum('write'), sum('read')];
    const shared = { dataset: dataset.name, resource: '', stays: false };
    return [
      { ...shared, service: 'S3', what: `requests of ${requests.length} queries`, monthly: (write * prices.s3WriteThousand + read * prices.s3ReadThousand) / 1000 },
      { ...shared, service: 'KMS', what: 'requests of its queries', monthly: ((write + read) * KMS_SHARE * prices.kmsRequestMillion) / 1e6 },
    ];
  });
}

/**
 * Seconds that a record may wait for each layer's next look, from Kafka to Gold: its freshness while little comes in.
 * What the batches themselves take (some seconds) comes on top.
 */
export function waitSeconds(config: Pick<Config, 'medallion'>, dataset: Dataset): number {
  if (isOnePass(config, dataset)) return triggerOf(config, 'silver', dataset);
  const own = [...layersOf(dataset), 'gold' as const].reduce((sum, layer) => sum + triggerOf(config, layer, dataset), 0);
  if (dataset.derived === undefined) return own;
  const parent = findDataset(dataset.derived.from);
  return own + waitSeconds(config, parent) - (isOnePass(config, parent) ? 0 : triggerOf(config, 'gold', parent));
}
