import { physicalName } from '../../../../lib/config.js';
import { PINNED_CATALOG } from '../../../../localstack/services/trino.js';
import { pinned, replaceTables } from '../../../lake/as-of.js';
import { runQuery } from '../../../lake/athena.js';
import { PinnedTable } from '../../../lake/pinned-table.js';
import { fullName } from '../../../lake/tables.js';
import type { Target } from '../../../lake/target.js';
import { say } from '../../../output.js';

/** Trino travels in time by itself; Athena reads a temporary table over the files of the version. */
export async function queryAsOf(sql: string, asOf: string, byTable: boolean, lake: Target) {
  const versions = await pinned(sql, asOf, lake);
  for (const { table, version, files } of versions) say(`${fullName(table)} at version ${version}, ${files.length} files`);
  const versionOf = (name: string) => versions.find(({ table }) => fullName(table) === name)?.version;
  if (lake.local && !byTable)
    return runQuery(
      replaceTables(sql, (name) => `${name} FOR VERSION AS OF ${versionOf(name)}`),
      lake,
    );
  const made = new Map<string, PinnedTable>();
  try {
    for (const each of versions) made.set(fullName(each.table), await PinnedTable.create(each, artefactsBucket(lake, each.location.bucket), lake));
    // Here Trino reads Hive's tables by a catalog of its own.
    const catalogOf = (name: string) => (lake.local && made.get(name)?.format === 'hive' ? `${PINNED_CATALOG}.` : '');
    return await runQuery(
      replaceTables(sql, (name) => `${catalogOf(name)}${name.split('.')[0]}.${made.get(name)?.name}`),
      lake,
    );
  } finally {
    for (const table of made.values()) await table.remove();
  }
}

/** The bucket of query results, which stands beside the lake's: same account, same region. */
const artefactsBucket = ({ identity }: Target, lakeBucket: string): string => lakeBucket.replace(physicalName(identity, 'lake'), physicalName(identity, 'artefacts'));
