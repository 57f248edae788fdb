import type { Dataset } from '../../contracts/index.js';
import { datasets as contracted } from '../../datasets/index.js';
import { type Config, hoursAwake } from '../config.js';
import { type CostItem, grouped } from './item.js';
import { PRICES, type Prices } from './prices.js';
import { type Owner, resourceItems, type TemplateJson } from './resources.js';
import { backupItems, exportItems, functionItems, heldItems, lookItems, metricItems } from './running.js';
import { streamItems } from './streams.js';

/** @throws Error naming the regions whose prices are known */
export function pricesOf(region: string): Prices {
  const prices = PRICES[region];
  if (!prices) throw new Error(`no prices are known for region "${region}"; known: ${Object.keys(PRICES).join(', ')}: give --region, and take the result for that region's`);
  return prices;
}

/** Alarms are of the dataset that their metric is told of; composite ones say it in their name. */
function ownerAmong(datasets: readonly Dataset[]): Owner {
  const names = datasets.map(({ name }) => name);
  return ({ Dimensions, AlarmName, AlarmRule }) => {
    const value = (wanted: string) => (Dimensions as { Name: string; Value: unknown }[] | undefined)?.find(({ Name }) => Name === wanted)?.Value;
    const source = value('Source');
    const ofSource = datasets.find((dataset) => dataset.sources.some(({ name }) => name === source))?.name;
    const ofComposite = AlarmRule === undefined ? undefined : names.find((name) => new RegExp(`-dataset-${name.replaceAll('_', '-')}-(page|ticket)$`).test(String(AlarmName)));
    return names.find((name) => name === value('Dataset')) ?? ofSource ?? ofComposite ?? null;
  };
}

/**
 * What a stage costs a month: what its templates hold, whether or not anything flows, and what runs on it (lib/cost/usage.ts
 * says how much is taken for granted). What users add is not in it: queries, readers of lists, backfills, and data beyond a young lake's.
 *
 * @throws Error where a region, a worker, a broker or an instance has no known price
 */
export function costOf(config: Config, templates: readonly TemplateJson[], region: string, datasets: readonly Dataset[] = contracted): CostItem[] {
  const prices = pricesOf(region);
  const running = { config, datasets, prices, templates };
  return grouped([
    ...resourceItems(templates, prices, hoursAwake(config), ownerAmong(datasets)),
    ...metricItems(running),
    ...streamItems(config, datasets, prices),
    ...functionItems(running),
    ...lookItems(running),
    ...exportItems(running),
    ...heldItems(running),
    ...backupItems(running),
  ]);
}
