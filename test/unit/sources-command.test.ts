import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { sluiceProgram } from '../../bin/commands/program.js';
import { httpSources } from '../../datasets/index.js';

const home = mkdtempSync(join(tmpdir(), 'sources-test-'));
afterAll(() => rmSync(home, { recursive: true }));

/** What it prints where no lake runs. */
async function sources(...args: string[]): Promise<string> {
  const written: string[] = [];
  const spies = [vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0), vi.spyOn(process.stderr, 'write').mockImplementation(() => true)];
  vi.stubEnv('SLUICE_HOME', home);
  try {
    await (await sluiceProgram()).parseAsync(['sources', ...args], { from: 'user' });
    return written.join('');
  } finally {
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

describe('sluice sources, without a lake', () => {
  test('shows of every source the day and the place of its newest evidence', async () => {
    const [head = '', ...rows] = (await sources()).trimEnd().split('\n');
    const column = head.split('\t').indexOf('evidence');
    expect(rows.map((row) => [row.split('\t')[0], row.split('\t')[column]])).toEqual(
      httpSources().map(({ source: { name, evidence } }) => [name, `${evidence[0]?.on} ${new URL(evidence[0]?.at ?? '').host}`]),
    );
  });

  test('says of one all the evidence that there is, and why it is off', async () => {
    const shown = await sources('urlhaus_csv');
    const evidence = httpSources().find(({ source }) => source.name === 'urlhaus_csv')?.source.evidence ?? [];
    expect(evidence.length).toBeGreaterThan(0);
    for (const { on, at, says } of evidence) expect(shown).toContain(`evidence of ${on}\t${says} (${at})`);
    expect(shown).toMatch(/^on\tfalse$/m);
    expect(shown).toMatch(/^offByDefault\tasks for a key/m);
  });

  test('has the same in JSON', async () => {
    expect(JSON.parse(await sources('--json'))).toEqual(
      httpSources().map(({ source: { name, evidence, licence } }) => expect.objectContaining({ name, evidence, licence, lastCheck: null })),
    );
  });
});
