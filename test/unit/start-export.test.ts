import { describe, expect, test } from 'vitest';
import { commitsAfter, lastExport, parseCommit } from '../../lambdas/export/gold-log.js';
import { type Commit, type LastExport, type StartExportDeps, startExport } from '../../lambdas/export/start-export.js';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const HOUR = 3_600_000;
const lines = (...actions: unknown[]) => `${actions.map((action) => JSON.stringify(action)).join('\n')}\n`;
const told = (records?: number) => ({ commitInfo: { operation: 'MERGE', ...(records === undefined ? {} : { userMetadata: JSON.stringify({ query: 'q', batch: 1, records }) }) } });
const add = (dataChange: boolean) => ({ add: { path: 'x.parquet', dataChange } });

describe('a commit of Gold', () => {
  test.each<[string, string, Commit]>([
    ['of records', lines(told(3), add(true)), { changesData: true, records: 3 }],
    ['of canaries alone', lines(told(0), add(true), { remove: { path: 'y', dataChange: true } }), { changesData: true, records: 0 }],
    ['of repeats, that wrote nothing', lines(told(9)), { changesData: false, records: 9 }],
    ['of compaction', lines({ commitInfo: { operation: 'OPTIMIZE' } }, add(false)), { changesData: false, records: null }],
    ['of somebody else', lines({ commitInfo: { operation: 'DELETE', userMetadata: '{}' } }, { remove: { path: 'y', dataChange: true } }), { changesData: true, records: null }],
  ])('%s', (_, text, commit) => expect(parseCommit(text)).toEqual(commit));
});

describe('an export', () => {
  const last: LastExport = { deltaVersion: 7, generation: 0, asOf: NOW - HOUR, changesAt: null };
  const look = async (deps: Partial<StartExportDeps>, commits: readonly Commit[] | null = []) => {
    let starts = 0;
    const asked: number[] = [];
    const found = await startExport({
      now: NOW,
      refreshMs: 12 * HOUR,
      last,
      generation: 0,
      commitsAfter: async (version) => {
        asked.push(version);
        return commits;
      },
      start: async () => ++starts === 1,
      ...deps,
    });
    return { ...found, starts, asked };
  };
  const canary = { changesData: true, records: 0 };
  const maintenance = { changesData: false, records: null };
  const listing = { changesData: true, records: 2 };

  test('is not started where canaries and maintenance are all that came, however many', async () => {
    expect(await look({}, [canary, maintenance, canary])).toEqual({ started: false, starts: 0, asked: [7], reason: 'nothing has changed since version 7' });
  });
  test.each<[string, Partial<StartExportDeps>, readonly Commit[] | null, RegExp]>([
    ['a record came', {}, [canary, listing], /^1 commits since version 7$/],
    ['somebody else wrote', {}, [{ changesData: true, records: null }], /^1 commits/],
    ['nothing was exported yet', { last: null }, [], /nothing was exported yet/],
    ['the last one is half as old as a list may be', { last: { ...last, asOf: NOW - 12 * HOUR } }, [], /12 hours old/],
    ['a time limit of the operator has ended', { last: { ...last, changesAt: NOW - 1 } }, [], /time limit/],
    ['the table was rebuilt', { generation: 1 }, [], /rebuilt/],
    ['the log holds no longer what came', {}, null, /no longer all that came after version 7/],
  ])('is started where %s', async (_, deps, commits, reason) =>
    expect(await look(deps, commits)).toMatchObject({ started: true, starts: 1, reason: expect.stringMatching(reason) }),
  );
  test('waits for a time limit that has not ended', async () => expect(await look({ last: { ...last, changesAt: NOW + 1 } })).toMatchObject({ started: false, starts: 0 }));
  test('is not started beside one that runs', async () => {
    expect(await look({ start: async () => false }, [listing])).toMatchObject({ started: false, reason: '1 commits since version 7; an export runs already' });
  });
});

describe('Gold’s log', () => {
  const path = 'gold/harmful_domains@2';
  const bucket = (objects: Record<string, string>) => {
    const send = async ({ input }: { input: { Key?: string; Prefix?: string; StartAfter?: string } }) => {
      if (input.Prefix === undefined) return { Body: { transformToString: async () => objects[input.Key ?? ''] } };
      const keys = Object.keys(objects).filter((key) => key.startsWith(input.Prefix ?? '') && key > (input.StartAfter ?? ''));
      return { Contents: keys.sort().map((Key) => ({ Key })), IsTruncated: false };
    };
    return { send } as never;
  };
  const at = (version: number, ending = 'json') => `${path}/_delta_log/${String(version).padStart(20, '0')}.${ending}`;

  test('is read behind the version that was exported, its commits alone', async () => {
    const objects = {
      [at(7)]: lines(told(5), add(true)),
      [at(7, 'crc')]: '{}',
      [at(8)]: lines(told(0), add(true)),
      [at(8, 'checkpoint.parquet')]: 'x',
      [at(9)]: lines(told(1), add(true)),
    };
    expect((await commitsAfter(bucket(objects), 'b', path, 7))?.map(({ records }) => records)).toEqual([0, 1]);
    expect(await commitsAfter(bucket(objects), 'b', path, 9)).toEqual([]);
  });
  test('that lacks a version after it says nothing', async () => expect(await commitsAfter(bucket({ [at(9)]: lines(told(0)) }), 'b', path, 7)).toBeNull());
  test('the manifest says what was exported, also that of an older release', async () => {
    const of = (manifest: object) => lastExport(bucket({ 'lists/latest/manifest.json': JSON.stringify(manifest) }), 'b');
    const older = { as_of: '2026-11-27T11:00:00Z', delta_version: 7, tiers: {} };
    expect(await of(older)).toEqual({ deltaVersion: 7, generation: null, asOf: NOW - HOUR, changesAt: null });
    expect(await of({ ...older, generation: 2, changes_at: '2026-11-27T12:00:00Z' })).toMatchObject({ generation: 2, changesAt: NOW });
  });
});
