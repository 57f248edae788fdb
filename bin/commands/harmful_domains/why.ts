import { target } from '../../lake/target.js';
import { printJson, printRows } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { why } from './why/ask.js';
import { defang, entriesOf } from './why/entry.js';
import type { Explanation } from './why/explanation.js';

function print({ name, verdict, because, confidence, rows }: Explanation, show: (text: string) => string): void {
  const word = rows.length === 0 ? '' : confidence === null ? '' : `, confidence ${confidence}`;
  // Longest first: a parent's name stands in its child's.
  const named = [name, ...rows.map((row) => row.name)].sort((a, b) => b.length - a.length);
  process.stdout.write(`${show(name)}: ${verdict}${word}\n${named.reduce((text, each) => text.replaceAll(each, show(each)), because)}\n`);
  for (const row of rows) {
    const own = row.name === name ? 'itself' : 'above it';
    const states = [row.isActive ? 'counts as harmful' : 'does not count as harmful', row.scope, ...(row.widelyUsed ? ['widely used'] : []), ...row.categories];
    process.stdout.write(`\n${show(row.name)} (${own}): ${states.join(', ')}\n`);
    printRows(
      ['source', 'says', 'scope', 'category', 'now', 'first seen', 'last seen', 'reason', 'record', 'line', 'as written'],
      row.listings.map((each) => [
        each.source,
        each.action,
        each.scope,
        each.category ?? '',
        each.current ? 'yes' : 'no',
        each.listedAt ?? each.firstSeen ?? '',
        each.lastSeen ?? '',
        [each.reason ?? '', each.validUntil === null ? '' : `until ${each.validUntil}`, each.tags.join(' ')].filter(Boolean).join('; '),
        each.coordinates ?? '',
        each.line === null ? '' : String(each.line),
        each.rawLine === null ? '' : show(each.rawLine.slice(0, 300)),
      ]),
    );
  }
}

export const whyCommand = () =>
  newCommand('why', 'why a name counts as harmful, or does not: each source with its line, its record, its dates; what allows it; names above that cover it', [
    './sluice why bad.example',
    './sluice why https://bad.example/kit.zip --raw',
  ])
    .argument('<name>', 'a domain, an address, or a URL')
    .option('--raw', 'names as they are; by default they are defanged, so that nothing makes a link of them')
    .addOption(jsonOption('as JSON; names as they are'))
    .addOption(stageOption())
    .action(async (word: string, options: { raw?: boolean; json?: boolean; stage: string }) => {
      const explanations: Explanation[] = [];
      for (const entry of entriesOf(word)) if (!explanations.some(({ rows }) => rows.length > 0)) explanations.push(await why(entry, target(options.stage), Date.now()));
      const explanation = explanations.at(-1) as Explanation;
      if (options.json) printJson(explanation);
      else print(explanation, options.raw ? (text) => text : defang);
    });
