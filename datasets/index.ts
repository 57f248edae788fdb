import { type CheckedSource, type Dataset, type HttpSource, isChecked, isFetched, type Table } from '../contracts/index.js';
import { RAIL_TABLES } from '../contracts/ledger.js';
import { harmfulDomains } from './harmful_domains/contract.js';
import { operations } from './operations/contract.js';
import { sourceChecks } from './source_checks/contract.js';
import { vulnerabilities } from './vulnerabilities/contract.js';
import { vulnerableProducts } from './vulnerable_products/contract.js';

/** Every dataset of the lake. Adding one here makes its topic, tables, schedules and Spark schemas. */
export const datasets: readonly Dataset[] = [harmfulDomains, vulnerabilities, vulnerableProducts, sourceChecks, operations];

/** Every table of the lake: those of the contracts and the rails' own. */
export const lakeTables = (): Table[] => [...datasets.flatMap(({ tables }) => tables), ...RAIL_TABLES];

export interface ScheduledSource {
  readonly dataset: Dataset;
  readonly source: HttpSource;
}

/** Every source that the ingest function fetches. */
export function httpSources(of: readonly Dataset[] = datasets): ScheduledSource[] {
  return of.flatMap((dataset) => dataset.sources.flatMap((source) => (isFetched(source) ? [{ dataset, source }] : [])));
}

/** @throws Error naming the known sources. */
export function findSource(name: string, of: readonly Dataset[] = datasets): ScheduledSource {
  const found = httpSources(of).find(({ source }) => source.name === name);
  if (found) return found;
  const known = httpSources(of).map(({ source }) => source.name);
  throw new Error(`unknown source "${name}"; known: ${known.join(', ')}`);
}

/** Any source that the ingest function checks, the operators' own among them. @throws Error naming the known sources. */
export function findCheckedSource(name: string, of: readonly Dataset[] = datasets): { readonly dataset: Dataset; readonly source: CheckedSource } {
  const all = of.flatMap((dataset) => dataset.sources.flatMap((source) => (isChecked(source) ? [{ dataset, source }] : [])));
  const found = all.find(({ source }) => source.name === name);
  if (found) return found;
  throw new Error(`unknown source "${name}"; known: ${all.map(({ source }) => source.name).join(', ')}`);
}

/** @throws Error naming the dataset that is missing. */
export function findDataset(name: string, of: readonly Dataset[] = datasets): Dataset {
  const found = of.find((dataset) => dataset.name === name);
  if (!found) throw new Error(`unknown dataset "${name}"; known: ${of.map((d) => d.name).join(', ')}`);
  return found;
}
