import { describe, expect, test } from 'vitest';
import { embeddedMetrics } from '../../lambdas/shared/metrics.js';
import { type AlarmRule, judge, type MissingData } from '../../localstack/front-door/alarm-state.js';
import { CloudWatchMetrics } from '../../localstack/front-door/cloudwatch.js';
import { embeddedValues } from '../../localstack/front-door/embedded.js';
import { EmbeddedMetrics } from '../../localstack/front-door/embedded-metrics.js';
import { MetricStore } from '../../localstack/front-door/metric-store.js';
import { callOf, readBody, writeBody } from '../../localstack/front-door/wire.js';

/** X breaches, 0 does not, - is missing; the states for breaching, notBreaching, ignore and missing; `.` keeps the state. */
const TABLE: readonly (readonly [m: number, values: string, ...states: [string, string, string, string]])[] = [
  // AWS: "Configuring how CloudWatch alarms treat missing data", three of three.
  [3, '0-X-X', 'OK', 'OK', 'OK', 'OK'],
  [3, '----0', 'OK', 'OK', 'OK', 'OK'],
  [3, '-----', 'ALARM', 'OK', '.', 'INSUFFICIENT_DATA'],
  [3, '0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [3, '--X--', 'ALARM', 'OK', '.', 'ALARM'],
  // Two of three.
  [2, '0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [2, '00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [2, '0-X--', 'ALARM', 'OK', '.', 'ALARM'],
  [2, '----0', 'ALARM', 'OK', 'OK', 'OK'],
  [2, '--X--', 'ALARM', 'OK', '.', 'ALARM'],
];

const count = (name: string, value: number) => ({ name, value, unit: 'Count', dimensions: { Source: 'a' } }) as const;

describe('an alarm', () => {
  const rule = (m: number, missing: MissingData): AlarmRule => ({ comparison: 'GreaterThanThreshold', threshold: 5, evaluationPeriods: 3, datapointsToAlarm: m, missing });
  const values = (text: string) => [...text].map((each) => (each === 'X' ? 9 : each === '0' ? 1 : null));
  const MISSING = ['breaching', 'notBreaching', 'ignore', 'missing'] as const;

  test.each(TABLE)('%i of 3 over %s', (m, text, ...states) => {
    for (const [i, missing] of MISSING.entries()) {
      for (const before of ['OK', 'ALARM'] as const) {
        const wanted = states[i] === '.' ? before : states[i];
        expect([missing, judge(rule(m, missing), values(text), before).state]).toEqual([missing, wanted]);
      }
    }
  });
});

describe('metrics', () => {
  test('what a function logs is what is kept', () => {
    const line = embeddedMetrics('sluice/local', [count('Entries', 3), count('CheckFailed', 0), count('Rejects', 1)], ({ name }) => name !== 'Rejects', 1_000);
    const metric = { namespace: 'sluice/local', dimensions: { Source: 'a' } };
    expect(embeddedValues(`2026-11-26 INFO ${line}`)).toEqual([
      { metric: { ...metric, name: 'Entries' }, values: [3], timestamp: 1_000 },
      { metric: { ...metric, name: 'CheckFailed' }, values: [0], timestamp: 1_000 },
    ]);
  });

  test.each(['', 'plain text', '{"_aws": 1}', '{"_aws"', '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["Source"]],"Metrics":[{"Name":"x"}]}]}}'])(
    'a line that holds none is none: %s',
    (line) => expect(embeddedValues(line)).toEqual([]),
  );

  test('are told apart by their dimensions, and folded by the period', () => {
    let now = 1_000_000;
    const store = new MetricStore(() => now);
    const { operations } = new CloudWatchMetrics(store);
    const call = (name: string, input: unknown) => (operations[name] as (input: unknown) => unknown)(input);
    const datum = (value: number, layer: string) => ({ MetricName: 'Lag', Value: value, Dimensions: [{ Name: 'Layer', Value: layer }] });
    call('PutMetricData', { Namespace: 'n', MetricData: [datum(3, 'a'), datum(100, 'b')] });
    now += 1_000;
    call('PutMetricData', { Namespace: 'n', MetricData: [datum(5, 'a'), { MetricName: 'Lag', Values: [1, 2], Counts: [2, 1], Dimensions: [{ Name: 'Layer', Value: 'a' }] }] });
    const query = (Stat: string) =>
      call('GetMetricData', {
        StartTime: 960,
        EndTime: 1_020,
        MetricDataQueries: [{ Id: 'q', MetricStat: { Metric: { Namespace: 'n', MetricName: 'Lag', Dimensions: [{ Name: 'Layer', Value: 'a' }] }, Period: 60, Stat } }],
      }) as { MetricDataResults: { Values: number[] }[] };
    expect(query('Sum').MetricDataResults[0]?.Values).toEqual([12]);
    expect(query('SampleCount').MetricDataResults[0]?.Values).toEqual([5]);
    expect(query('Minimum').MetricDataResults[0]?.Values).toEqual([1]);
    expect(() => query('p99')).toThrow(/p99 is not kept here/);
    // Old seconds become minutes, and nothing is lost by it.
    now += 3_600_000;
    store.compact();
    expect(query('Sum').MetricDataResults[0]?.Values).toEqual([12]);
    now += 72 * 3_600_000;
    store.compact();
    expect(store.list(() => true)).toEqual([]);
  });
});

describe('the wire', () => {
  test('JSON and CBOR name their operation', () => {
    expect(callOf('/', 'AWSGlue.StartJobRun')).toEqual({ service: 'AWSGlue', operation: 'StartJobRun', protocol: 'json' });
    const cbor = callOf('/service/GraniteServiceVersion20100801/operation/PutMetricData', undefined);
    expect(cbor).toEqual({ service: 'GraniteServiceVersion20100801', operation: 'PutMetricData', protocol: 'cbor' });
    expect(callOf('/bucket/key', undefined)).toBeNull();
  });

  test('a CBOR body is read with its dates, and answered with dates', () => {
    const call = { service: 's', operation: 'o', protocol: 'cbor' } as const;
    // {"Timestamp": 1(1000.5)}, as botocore writes it.
    const body = Buffer.from(
      `a16954696d657374616d70c1fb${Buffer.from(new Float64Array([1000.5]).buffer)
        .reverse()
        .toString('hex')}`,
      'hex',
    );
    expect(readBody(call, body)).toEqual({ Timestamp: new Date(1_000_500) });
    expect(readBody(call, writeBody('cbor', { Timestamps: [1000.5], Values: [2] }).body)).toEqual({ Timestamps: [new Date(1_000_500)], Values: [2] });
  });
});

test('each embedded line is taken once, all those of one invocation, which share their stream and time', async () => {
  const now = 1_000_000;
  const store = new MetricStore(() => now);
  const line = (name: string) => embeddedMetrics('n', [count(name, 1)], () => true, now);
  const events = ['START', line('A'), line('B')].map((message) => ({ message, timestamp: now, logStreamName: 's' }));
  const logs = {
    send: async (command: object) => ('input' in command && 'logGroupName' in (command.input as object) ? { events } : { logGroups: [{ logGroupName: '/aws/lambda/f' }] }),
  };
  const reader = new EmbeddedMetrics(store, logs as never, () => now);
  await reader.tick();
  await reader.tick();
  for (const name of ['A', 'B']) expect(store.between({ namespace: 'n', name, dimensions: { Source: 'a' } }, 0, now + 1)).toMatchObject({ count: 1, sum: 1 });
});
