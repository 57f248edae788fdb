import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommanderError } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sluiceProgram } from '../../bin/commands/program.js';
import { ROOT } from '../../localstack/paths.js';
import { disarmed, wordsOf } from '../support/command-line.js';
import { localCommands, readmeBlocks } from '../support/readme.js';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('the README', () => {
  afterEach(() => vi.restoreAllMocks());

  test('shows commands that the command line has, with options that they have', async () => {
    const program = await sluiceProgram();
    disarmed(program);
    const lines = localCommands().filter((each) => each.program === './sluice');
    expect(lines.length).toBeGreaterThan(10);
    for (const { line } of lines) await expect(program.parseAsync(wordsOf(line).slice(1), { from: 'user' }), line).resolves.toBe(program);
  });

  test('and every other page shows commands that there are, with options that they have', async () => {
    const program = await sluiceProgram();
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    disarmed(program);
    const pages = ['README.md', ...['docs', 'lib/monitoring/subjects'].flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(folder, file)))].filter((file) =>
      file.endsWith('.md'),
    );
    const lines = pages.flatMap((page) => [...read(page).matchAll(/`(\.\/sluice [a-z][^`]*)`/g)].map(([, line = '']) => ({ page, line: line.replaceAll(/\s+/g, ' ') })));
    expect(lines.length).toBeGreaterThan(50);
    // Where a page speaks of a command, it may leave away what the command asks for.
    const known = ['commander.help', 'commander.missingArgument', 'commander.missingMandatoryOptionValue', 'commander.optionMissingArgument'];
    const wrong: string[] = [];
    for (const { page, line } of lines)
      await program
        .parseAsync(wordsOf(line).slice(1), { from: 'user' })
        .catch((error: CommanderError) => known.includes(error.code) || wrong.push(`${page}: ${line}: ${error.message}`));
    expect(wrong).toEqual([]);
  });

  test('marks what needs an AWS account', () => {
    // What a stage would cost, and what would stay of it, is read from templates.
    const asksAws = (line: string) => /npx cdk|--stage (dev|prod)/.test(line) && !/^\.\/sluice cost/.test(line);
    for (const block of readmeBlocks()) expect(block.split('\n').some(asksAws), block).toBe(block.includes('# AWS:'));
  });
});

test('compose.yaml runs the versions that ./sluice installs, and says what of it was run', () => {
  const compose = read('localstack/compose.yaml');
  const ivy = read('localstack/install/ivy.xml');
  const requirements = read('localstack/install/requirements.txt');
  const version = (image: string) => new RegExp(`image: ${image}:([\\d.]+)`).exec(compose)?.[1];
  expect(ivy).toContain(`name="kafka_2.13" rev="${version('apache/kafka')}"`);
  expect(ivy).toContain(`name="trino-server" rev="${version('trinodb/trino')}"`);
  expect(requirements).toContain(`pyspark==${version('apache/spark')}`);
  expect(requirements).toContain(`ministack==${version('ministackorg/ministack')}`);
  expect(compose).toContain('What of this was run: NOTHING');
  for (const port of compose.matchAll(/^\s+ports: \[(.*)\]$/gm)) for (const [, mapped] of (port[1] ?? '').matchAll(/"([^"]+)"/g)) expect(mapped).toMatch(/^127\.0\.0\.1:/);
});

test('handlers do not import lib, and contracts import nothing of AWS', () => {
  const files = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files('lambdas')) expect(readFileSync(file, 'utf8'), file).not.toMatch(/from '(\.\.\/)+lib\//);
  for (const file of files('contracts')) expect(readFileSync(file, 'utf8'), file).not.toMatch(/from '(aws-|@aws-)/);
});

test('every pinned part has a checksum', () => {
  const checksums = read('localstack/install/jars.sha256').trim().split('\n');
  for (const line of checksums) expect(line).toMatch(/^[0-9a-f]{64} {2}(spark|kafka|glue|trino)\/\S+$/);
  expect(new Set(checksums.map((line) => line.split('  ')[1]?.split('/')[0]))).toEqual(new Set(['spark', 'kafka', 'glue', 'trino']));
  for (const file of ['requirements', 'jdk17', 'jdk25']) {
    const text = read(`localstack/install/${file}.txt`);
    for (const requirement of text.split(/\n(?=[a-z])/)) expect(requirement).toMatch(/^[A-Za-z0-9_.[\]-]+==\S+[\s\S]*--hash=sha256:/);
  }
});
