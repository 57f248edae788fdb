import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { examplesOf } from '../../bin/commands/command.js';
import { upOptions } from '../../bin/commands/options.js';
import { sluiceProgram } from '../../bin/commands/program.js';
import { RENAMED, withNamesOfToday } from '../../bin/commands/renamed.js';
import { datasets } from '../../datasets/index.js';
import { ROOT } from '../../localstack/paths.js';
import { TSX } from '../../localstack/stack/start.js';
import { disarmed, fullNameOf, sluiceLine, wordsOf } from '../support/command-line.js';

const program = await sluiceProgram();
const commands = disarmed(program);
const names = program.commands.map((command) => command.name());
const BIN = join(ROOT, 'bin');
const COMMANDS = join(BIN, 'commands');

/** What is said on stderr meanwhile. */
async function toldBy(work: () => unknown): Promise<string> {
  const said: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return said.join('');
}

test('no command waits for the CDK to load but those that read templates', () => {
  const ofCdk = "Object.keys(require.cache).filter((file) => file.includes('/aws-cdk-lib/')).length";
  const loaded = `import('./bin/commands/program.ts').then((made) => made.sluiceProgram()).then(() => console.log(${ofCdk}))`;
  const counted = execFileSync(process.execPath, ['--import', TSX, '-e', loaded], { cwd: ROOT, encoding: 'utf8' });
  expect(counted.trim()).toBe('0');
});

describe('the help', () => {
  test('begins with the five commands that a newcomer needs first', () => {
    const first = program.commands[0]?.helpGroup();
    expect(program.commands.filter((command) => command.helpGroup() === first).map((command) => command.name())).toEqual(['demo', 'up', 'status', 'query', 'down']);
  });

  test('has each command once, in a group', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const command of program.commands) expect(command.helpGroup(), command.name()).toMatch(/:$/);
  });

  test('lists each command in a few words', () => {
    for (const command of program.commands) expect(command.summary().length, command.name()).toBeLessThan(100);
  });

  test.each(commands.map((command) => [fullNameOf(command), command] as const))('of %s says what it does, and has examples that it can parse', async (name, command) => {
    expect(command.description()).not.toBe('');
    const examples = examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.some((line) => sluiceLine(line).startsWith(`./sluice ${name}`))).toBe(true);
    for (const line of examples) {
      const [, ...words] = wordsOf(sluiceLine(line));
      expect(words.length, line).toBeGreaterThan(0);
      await expect(program.parseAsync(words, { from: 'user' }), line).resolves.toBe(program);
    }
  });

  test('shows an example that a command cannot parse to be wrong', async () => {
    await toldBy(() => expect(program.parseAsync(wordsOf('status --no-such-option'), { from: 'user' })).rejects.toThrow('unknown option'));
  });
});

describe('a place for everything', () => {
  const groups = readdirSync(COMMANDS, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const filesOf = (group: string) => readdirSync(join(COMMANDS, group)).filter((file) => file.endsWith('.ts'));

  test('each command has a file of its own in the folder of its group, and no other file stands beside them', () => {
    const files = groups.flatMap(({ name }) => filesOf(name).filter((file) => file !== 'index.ts'));
    expect(files.map((file) => file.slice(0, -3)).sort()).toEqual([...names].sort());
  });

  test('outside its folder bin names no dataset that has one; the demonstration may', () => {
    const own = datasets.filter(({ name }) => groups.some((group) => group.name === name)).map(({ name }) => name);
    expect(own.length).toBeGreaterThan(0);
    const files = readdirSync(BIN, { withFileTypes: true, recursive: true }).filter((entry) => entry.name.endsWith('.ts'));
    for (const entry of files) {
      const file = join(entry.parentPath, entry.name);
      if (own.some((name) => file.startsWith(join(COMMANDS, name))) || file === join(COMMANDS, 'start', 'demo.ts')) continue;
      for (const name of own) expect(readFileSync(file, 'utf8'), file).not.toContain(name);
    }
  });

  test('nothing of the command line or the local stack is over 300 lines', () => {
    const files = ['bin', 'localstack'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true }).filter((entry) => entry.name.endsWith('.ts')),
    );
    for (const entry of files) expect(readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n').length, entry.name).toBeLessThanOrEqual(300);
  });
});

describe('a former name', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each(Object.entries(RENAMED))('%s goes on working as %s, with a notice', (former, name) => {
    const told: string[] = [];
    expect(withNamesOfToday([former, '--json'], (notice) => told.push(notice))).toEqual([name, '--json']);
    expect(withNamesOfToday(['help', former], () => undefined)).toEqual(['help', name]);
    expect(told).toEqual([`${former} is now ${name}: ./sluice ${name}`]);
    expect(names).toContain(name);
    expect(names).not.toContain(former);
  });

  test.each([[['up']], [['query', 'check']], [['toString']], [[]]])('%j is as it was, and nothing is said', (words) => {
    const told: string[] = [];
    expect(withNamesOfToday(words, (notice) => told.push(notice))).toEqual(words);
    expect(told).toEqual([]);
  });

  test('--aws is --emulator', async () => {
    let options = {};
    const told = await toldBy(() => {
      options = upOptions({ feeds: 'recorded', aws: 'http://127.0.0.1:4566/' });
    });
    expect(options).toEqual({ feeds: 'recorded', emulatorUrl: 'http://127.0.0.1:4566' });
    expect(told).toContain('--aws is now --emulator');
  });

  test('--emulator says nothing of it, and what is no URL is refused by the name that holds', async () => {
    expect(await toldBy(() => upOptions({ feeds: 'live', emulator: 'http://127.0.0.1:4566' }))).toBe('');
    expect(upOptions({ feeds: 'live' })).toEqual({ feeds: 'live' });
    await toldBy(() => expect(() => upOptions({ feeds: 'live', aws: 'nowhere' })).toThrow('--emulator nowhere: not a URL'));
  });

  test.each([
    ['logs aws', 'aws is now emulator: ./sluice logs emulator'],
    ['logs door', 'door is now front-door: ./sluice logs front-door'],
    ['replay --raw no_such_source', 'replay --raw is now reparse: ./sluice reparse no_such_source'],
  ])('%s is told of', async (line, notice) => {
    const whole = await sluiceProgram();
    const told = await toldBy(() => whole.parseAsync(wordsOf(line), { from: 'user' }).catch(() => undefined));
    expect(told).toContain(notice);
  });
});
