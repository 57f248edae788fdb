import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sluiceProgram } from '../../bin/commands/program.js';
import { RENAMED } from '../../bin/commands/renamed.js';
import { ROOT } from '../../localstack/paths.js';

const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
const words = page
  .slice(page.indexOf('## Words'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| -'))
  .slice(1)
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** Names that a settled word has replaced. */
const REPLACED: readonly (readonly [word: string, replaced: RegExp])[] = [
  ['front door', /\bgateway\/|\bdoorUrl\b|\bdoorPort\b|ports\.door\b|\bDOOR_/],
  ['emulator', /\bawsUrl\b|Running\(\w+, 'aws'\)/],
  ['instance', /\bStackState\b|\breadState\b/],
  ['export', /\blistsBucket\b|\bLIST_FORMATS\b|\blistServer\b/],
  ['health', /sluice check\b/],
  ['reparse', /replay: true/],
  ['release', /\breleaseHash\b/],
  ['topic', /\bNotificationTopics\b/],
  ['export', /\bPublishingStack\b|config\.publishing\b|lambdas\/publish\b/],
  ['check', /\bCheckResult\b|(?<!source)-check\.js'|\bcheckWhole\b/],
  ['overview', /\bgatherFacts\b|\bAlarmFact\b/],
  ['stretch', /\bchainOf\b/],
];

describe('the words of docs/architecture.md', () => {
  test('stand there once each, with what they mean', () => {
    const settled = words.map(([, word]) => word);
    expect(settled.length).toBeGreaterThan(20);
    expect(new Set(settled).size).toBe(settled.length);
    for (const [, word, meaning] of words) expect(meaning, word).not.toBe('');
  });

  test('are those of the commands that they name, and no former name is among them', async () => {
    const commands = (await sluiceProgram()).commands.map((command) => command.name());
    for (const [, word, meaning = ''] of words) for (const [, command = ''] of meaning.matchAll(/\.\/sluice ([a-z-]+)/g)) expect(commands, word).toContain(command);
    for (const former of Object.keys(RENAMED)) expect(page).not.toContain(`./sluice ${former}\``);
  });

  test.each(REPLACED)('%s: the rails have no other name for it', (word, replaced) => {
    expect(words.some(([, each = '']) => each.includes(word))).toBe(true);
    const files = ['contracts', 'lambdas', 'lib', 'bin', 'localstack', 'test/faults', 'test/integration', 'bench'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true }).filter((entry) => entry.name.endsWith('.ts')),
    );
    const found = files.map((entry) => join(entry.parentPath, entry.name)).filter((file) => replaced.test(readFileSync(file, 'utf8')));
    expect(found).toEqual([]);
  });
});
