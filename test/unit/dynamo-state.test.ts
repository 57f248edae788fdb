import { describe, expect, test } from 'vitest';
import { BackfillState } from '../../bin/commands/sources/backfill/state.js';
import type { Target } from '../../bin/lake/target.js';
import { DynamoSourceState } from '../../lambdas/ingest/state/dynamo-state.js';
import { LeaseLostError } from '../../lambdas/ingest/state/state.js';
import { MonitorState } from '../../lambdas/monitor/state.js';
import { wishOf } from '../../lambdas/watchdog/glue-jobs.js';
import { LOCAL } from '../../localstack/identity.js';
import { dynamo, Refusal } from '../support/state-table.js';

/** A table of some items, in DynamoDB's own JSON. */
const holding = (items: Record<string, Record<string, unknown>>) =>
  dynamo(({ input }) => {
    const { pk } = (input.Key as { pk: { S: string } }) ?? {};
    return items[pk.S] === undefined ? {} : { Item: { pk, ...items[pk.S] } };
  });

test('the last published snapshot of another source is read without its lease; none where it has none', async () => {
  const snapshot = { M: { key: { S: 'snapshots/majestic/7' }, sequence: { N: '7' }, bodySha256: { S: 'a' }, etag: { NULL: true }, lastModified: { NULL: true } } };
  const { client, asked } = holding({ 'source#majestic': { currentSnapshot: snapshot } });
  const state = new DynamoSourceState(client, 'state');
  expect(await state.current('majestic')).toEqual({ key: 'snapshots/majestic/7', sequence: 7, bodySha256: 'a', etag: null, lastModified: null });
  expect(await state.current('crux')).toBeNull();
  expect(asked.map(({ call }) => call)).toEqual(['GetItem', 'GetItem']);
  expect(asked[0]?.input).toMatchObject({ TableName: 'state', ConsistentRead: true });
});

describe('a lease', () => {
  const taken = () => {
    throw new Refusal('ConditionalCheckFailedException', 'the conditional request failed');
  };
  test('that another run holds is not taken, and what it was lost for is not written', async () => {
    const { client, asked } = dynamo(taken);
    const state = new DynamoSourceState(client, 'state');
    expect(await state.acquire('s', 'run-1', 1_000, 500)).toBeNull();
    await expect(state.setWholeAt('s', 'run-1', 7)).rejects.toThrow(new LeaseLostError('run run-1 lost the lease of source s'));
    expect(asked.map(({ input }) => input.ConditionExpression)).toEqual(['attribute_not_exists(leaseOwner) OR leaseUntil < :now OR leaseOwner = :run', 'leaseOwner = :run']);
  });
  test('gives what the source has, and what became of the check before', async () => {
    const { client } = dynamo(() => ({ Attributes: { pk: { S: 'source#s' }, lastOutcome: { S: 'changed' }, wholeAt: { N: '5' }, paused: { BOOL: true } } }));
    const state = new DynamoSourceState(client, 'state');
    expect(await state.acquire('s', 'run-1', 1_000, 500)).toEqual({ current: null, pending: null, wholeAt: 5, notBefore: null, paused: true });
    expect(state.outcomeBefore).toBe('changed');
  });
});

test('a refused body is remembered with its check, until another is refused', async () => {
  const { client, asked } = dynamo(() => ({ Attributes: {} }));
  const state = new DynamoSourceState(client, 'state');
  await state.setChecked('s', 'run-1', { at: 5, outcome: 'refused', reason: 'the body is HTML', goodAt: null, refused: 'ab' });
  await state.setChecked('s', 'run-2', { at: 6, outcome: 'changed', reason: null, goodAt: 6, refused: null });
  expect(asked.map(({ input }) => [String(input.UpdateExpression).includes('lastRefused = :refused, lastRefusedAt = :at'), input.ExpressionAttributeValues])).toEqual([
    [true, expect.objectContaining({ ':refused': { S: 'ab' }, ':at': { N: '5' }, ':reason': { S: 'the body is HTML' } })],
    [false, expect.not.objectContaining({ ':refused': expect.anything() })],
  ]);
});

describe('what others read of the state table', () => {
  test('the monitor: a source never checked, one that failed, where queries are, which generation holds', async () => {
    const { client } = holding({
      'source#s': { lastCheckAt: { N: '7' }, lastOutcome: { S: 'failed' }, lastReason: { NULL: true }, leaseOwner: { S: 'r' } },
      'position#gold': { queries: { S: '{"q":{"at":1}}' } },
      'generation#gold.t': { generation: { N: '2' } },
    });
    const state = new MonitorState(client, 'state');
    expect(await state.source('none')).toEqual({ lastReason: null, paused: false });
    expect(await state.source('s')).toEqual({ lastCheckAt: 7, lastOutcome: 'failed', lastReason: null, paused: false });
    expect(await state.positions('gold')).toEqual({ q: { at: 1 } });
    expect([await state.positions('none'), await state.generation('gold.t'), await state.generation('gold.other')]).toEqual([{}, 2, 0]);
    expect(await state.found()).toEqual({ report: null, failedChecksTotal: 0, runsTotal: 0 });
  });
  test('the watchdog: what an operator wants of a job', async () => {
    const { client } = holding({ 'job#gold': { desired: { S: 'stopped' }, workers: { N: '4' } } });
    expect(await wishOf(client, 'state', 'gold')).toEqual({ stopped: true, workers: 4 });
    expect(await wishOf(client, 'state', 'silver')).toEqual({ stopped: false });
  });
  test('a value that is none of its kind is refused by its name, not taken for nothing', async () => {
    const { client } = holding({ 'generation#gold.t': { generation: { S: 'two' } } });
    await expect(new MonitorState(client, 'state').generation('gold.t')).rejects.toThrow(/generation/);
  });
});

test('the stretches that backfills of a source began are a set of texts, and one more is added to it', async () => {
  const item = { pk: { S: 'past#s' }, stretches: { SS: ['2026-10-01~2026-10-02'] } };
  const { client, asked } = dynamo(({ call }) => (call === 'GetItem' ? { Item: item } : { Attributes: item }));
  const state = new BackfillState('s', { dynamo: client, identity: LOCAL } as Target);
  expect(await state.stretches()).toEqual([{ from: '2026-10-01', to: '2026-10-02' }]);
  await state.begin({ from: '2026-10-03', to: '2026-10-03' });
  expect(asked.map(({ input }) => input.Key)).toEqual([{ pk: { S: 'past#s' } }, { pk: { S: 'past#s' } }]);
  expect(asked[1]?.input).toMatchObject({ UpdateExpression: 'ADD stretches :one', ExpressionAttributeValues: { ':one': { SS: ['2026-10-03~2026-10-03'] } } });
  const { client: empty } = dynamo(() => ({}));
  expect(await new BackfillState('s', { dynamo: empty, identity: LOCAL } as Target).stretches()).toEqual([]);
});
