import type { Dataset } from './dataset.js';
import { RAIL_TABLES } from './ledger.js';
import { readName } from './lineage.js';
import type { Source } from './sources/index.js';
import type { Table } from './tables.js';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function sourceLine(source: Source): string {
  switch (source.kind) {
    case 'list':
      return `- \`${source.name}\`: ${source.format} from ${source.homepage}, every ${source.cadence.minutes} min, category ${source.category}, reliability ${source.reliability}, licence ${source.licence}${source.enabled ? '' : '; off by default'}`;
    case 'operator':
      return `- \`${source.name}\`: entries made by hand, \`./sluice allow\` and \`./sluice deny\``;
    case 'document':
      return `- \`${source.name}\`: a ${source.format.toUpperCase()} document from ${source.homepage}, every ${source.cadence.minutes} min, licence ${source.licence}${source.enabled ? '' : '; off by default'}`;
    case 'kafka':
      return `- \`${source.name}\`: produced by ${source.producer}`;
  }
}

function tableSection(table: Table): string[] {
  return [
    `### ${table.layer}.${table.name}`,
    '',
    table.description,
    '',
    `Kind ${table.kind}; key (${table.key.join(', ')}); written by the ${table.writer} job${table.everySeconds ? `, brought up to date every ${table.everySeconds} s where something came` : ''}${table.reads.length > 0 ? `; reads ${table.reads.map(readName).join(', ')} too` : ''}${table.partitionBy.length > 0 ? `; partitioned by ${table.partitionBy.join(', ')}` : ''}${table.retentionDays ? `; kept ${table.retentionDays} days` : ''}.`,
    '',
    '| column | type | meaning |',
    '|---|---|---|',
    ...Object.entries(table.columns).map(([name, { type, description }]) => `| \`${name}\` | \`${type}\` | ${cell(description)} |`),
    '',
  ];
}

/** `docs/data-dictionary.md`, generated from the contracts. */
export function renderDictionary(datasets: readonly Dataset[]): string {
  const lines = ['# Data dictionary', '', 'Generated from `contracts/` by `./sluice format`.', ''];
  for (const dataset of datasets) {
    lines.push(
      `## ${dataset.name}`,
      '',
      dataset.description,
      '',
      `Owner: ${dataset.owner}. Terms: ${dataset.terms}`,
      '',
      ...(dataset.derived === undefined
        ? ['Sources:', '', ...dataset.sources.map(sourceLine), '', 'Record, as it travels through Kafka:', '']
        : [`Derived from ${dataset.derived.from}: of each row of its Silver, none, one or many.`, '', 'Record, as it is made of such a row:', '']),
    );
    lines.push('| field | type | unit | example | personal | meaning |', '|---|---|---|---|---|---|');
    lines.push(
      ...Object.entries(dataset.record.fields).map(
        ([name, f]) => `| \`${name}\` | \`${f.type}\` | ${f.unit ?? ''} | \`${cell(JSON.stringify(f.example))}\` | ${f.pii ?? ''} | ${cell(f.description)} |`,
      ),
      '',
    );
    lines.push('Rules:', '', ...dataset.rules.map((rule) => `- \`${rule.name}\` (${rule.action}): ${rule.field} ${rule.kind}`), '');
    if (dataset.exports) lines.push(`Exported from \`gold.${dataset.exports.table}\`: ${dataset.exports.description}.`, '');
    lines.push(...dataset.tables.flatMap(tableSection));
  }
  lines.push('## Tables of the rails', '', ...RAIL_TABLES.flatMap(tableSection));
  return `${lines.join('\n').trimEnd()}\n`;
}
