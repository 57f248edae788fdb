import { EntityNotFoundException, GetTableCommand } from '@aws-sdk/client-glue';
import type { Table } from '../../contracts/index.js';
import { lakeTables } from '../../datasets/index.js';
import { databaseName } from '../../lib/config.js';
import { CliError, EXIT } from '../output.js';
import { BrokenLog, DeltaTable, type TableLocation } from './delta.js';
import type { Target } from './target.js';

export const fullName = ({ layer, name }: Pick<Table, 'layer' | 'name'>): string => `${layer}.${name}`;

/** @throws CliError naming the tables there are */
export function findTable(name: string): Table {
  const found = lakeTables().find((table) => fullName(table) === name);
  if (!found) throw new CliError(`no table is named "${name}"; known: ${lakeTables().map(fullName).join(', ')}`, EXIT.misuse);
  return found;
}

/** Where a table stands, as the catalog says. @throws CliError where the catalog has no row of it */
export async function locationOf({ layer, name }: Pick<Table, 'layer' | 'name'>, { glue, identity }: Target): Promise<TableLocation> {
  try {
    const { Table: row } = await glue.send(new GetTableCommand({ DatabaseName: databaseName(identity, layer), Name: name }));
    const match = /^s3a?:\/\/([^/]+)\/(.+?)\/?$/.exec(row?.StorageDescriptor?.Location ?? '');
    if (!match?.[1] || !match[2]) throw new CliError(`the catalog's row of ${layer}.${name} says no location`);
    return { bucket: match[1], path: match[2] };
  } catch (cause) {
    if (cause instanceof EntityNotFoundException) throw new CliError(`the catalog has no ${layer}.${name}: deploy the catalog stack`);
    throw cause;
  }
}

/** @throws CliError where there is no table yet, or its log is broken */
export async function openTable(table: Pick<Table, 'layer' | 'name'>, lake: Target): Promise<DeltaTable> {
  try {
    return await DeltaTable.open(lake.s3, await locationOf(table, lake));
  } catch (cause) {
    if (cause instanceof BrokenLog) throw new CliError(cause.message);
    throw cause;
  }
}
