import { describe, expect, test } from 'vitest';
import { isDue, type Plan, plan, summarise, summariseUnplanned } from '../../lambdas/flow/steps.js';
import type { SourceCheck } from '../../lambdas/ingest/source-check.js';
import type { SourceStatus } from '../../lambdas/monitor/freshness-health.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const MINUTE = 60_000;
const ago = (minutes: number) => NOW - minutes * MINUTE;

describe('a source of the hourly flow is due', () => {
  test.each<[string, number, SourceStatus, boolean]>([
    ['that was never checked', 60, {}, true],
    ['an hour after a good check, give or take', 60, { lastCheckAt: ago(56), lastOutcome: 'changed' }, true],
    ['not half an hour after', 60, { lastCheckAt: ago(30), lastOutcome: 'changed' }, false],
    ['not before its day has passed', 1440, { lastCheckAt: ago(700), lastOutcome: 'not_modified' }, false],
    ['within the hour where its last check was not good', 1440, { lastCheckAt: ago(58), lastOutcome: 'failed' }, true],
    ['and where it was refused', 1440, { lastCheckAt: ago(58), lastOutcome: 'refused' }, true],
    ['not while it is paused', 60, { lastCheckAt: ago(600), lastOutcome: 'changed', paused: true }, false],
  ])('%s', (_, everyMinutes, status, due) => {
    expect(isDue({ name: 's', everyMinutes }, status, NOW)).toBe(due);
  });
});

describe('the hourly flow', () => {
  const sources = ['a', 'b'].map((name) => ({ name, everyMinutes: 60 }));
  const planned = (askBroker = async () => undefined, owes = async (_source: string) => false) =>
    plan({ runId: 'r', now: NOW, sources, statusOf: async (name) => (name === 'a' ? {} : { lastCheckAt: ago(5), lastOutcome: 'changed', paused: true }), owes, askBroker });
  const check = (source: string, outcome: SourceCheck['outcome'], reason: string | null = null) =>
    ({ source, outcome, reason, started_at: '2026-11-26T12:00:00.000Z', finished_at: '2026-11-26T12:00:02.500Z' }) as SourceCheck;
  const run: Plan = { runId: 'r', startedAt: new Date(NOW).toISOString(), healthy: true, reason: null, due: [{ source: 'a' }, { source: 'b' }] };

  test('plans what is due, and says why the broker is not well', async () => {
    expect(await planned()).toMatchObject({ healthy: true, due: [{ source: 'a' }] });
    expect(await planned(() => Promise.reject(new Error('refused')))).toMatchObject({ healthy: false, reason: 'refused', due: [{ source: 'a' }] });
  });
  test('plans what is to be sent again, though it was just checked and is paused', async () => {
    const { due } = await planned(undefined, async (source) => source === 'b');
    expect(due).toEqual([{ source: 'a' }, { source: 'b' }]);
  });
  test('tells nobody of a run in which all went well, unless it is told to', () => {
    const quiet = summarise(run, [check('a', 'changed'), check('b', 'skipped', 'paused')], NOW + 9_000, false);
    expect(quiet).toMatchObject({
      notification: null,
      operation: { kind: 'run', subject: 'hourly', state: 'ok', summary: '2 of 2 sources well', details: { steps: [{ name: 'a', ms: 2_500 }, { name: 'b' }] } },
    });
    expect(summarise(run, [check('a', 'changed')], NOW, true).notification?.subject).toBe('sluice hourly ingestion: ok');
  });
  test('tells once what went wrong, of each source its own outcome', () => {
    const caught = { source: 'b', error: { Error: 'Error', Cause: JSON.stringify({ errorType: 'Error', errorMessage: 'no bucket' }) } };
    const { notification, operation } = summarise(run, [check('a', 'refused', 'the body is HTML'), caught, check('c', 'changed')], NOW, false);
    expect(operation.state).toBe('degraded');
    expect(notification?.message).toBe('1 of 3 sources well; not a, b\na: refused (the body is HTML), 2.5 s\nb: failed (no bucket), 0.0 s\nc: changed, 2.5 s');
    expect(summarise(run, [caught], NOW, false).operation.state).toBe('failed');
    expect(summarise(run, [{ source: 'b', error: { Error: 'States.Timeout', Cause: '' } }], NOW, false).notification?.message).toContain('b: failed (States.Timeout)');
  });
  test('says that sources wait where the broker is not well', () => {
    const { notification, operation } = summarise({ ...run, healthy: false, reason: 'refused' }, [], NOW, false);
    expect([operation.state, notification?.message]).toEqual(['failed', 'the broker is not well, 2 sources wait: refused']);
  });
  test('says why no source was checked where its first step failed', () => {
    const error = { Error: 'AccessDeniedException', Cause: JSON.stringify({ errorMessage: 'not authorized to perform: kms:Decrypt' }) };
    const { notification, operation } = summariseUnplanned({ runId: 'r', startedAt: new Date(NOW).toISOString(), error }, NOW + 1_000);
    expect(operation).toMatchObject({ kind: 'run', subject: 'hourly', run_id: 'r', state: 'failed' });
    expect(notification).toEqual({
      subject: 'sluice hourly ingestion: failed',
      message: 'no source was checked, since what is due could not be found out: not authorized to perform: kms:Decrypt',
    });
  });
});
