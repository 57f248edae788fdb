import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { datasets, httpSources } from '../../contracts/index.js';
import { DRIVER_METRICS, INGEST_METRICS, MONITOR_METRICS, WATCHDOG_METRICS } from '../../lambdas/shared/metrics.js';
import { loadConfig } from '../../lib/config.js';
import { isOn } from '../../lib/ingestion/sources.js';
import { description } from '../../lib/monitoring/alarm.js';
import { alarmsOf } from '../../lib/monitoring/alarms.js';
import { DEAD_LETTER_QUEUES } from '../../lib/shared/queues.js';
import { ROOT } from '../../localstack/paths.js';

const config = loadConfig('prod', {});
const alarms = alarmsOf({
  config,
  datasets,
  jobs: ['bronze', 'silver', 'gold'],
  deadLetterQueues: DEAD_LETTER_QUEUES,
  flowArn: 'arn:aws:states:us-east-1:1:stateMachine:sluice-prod-hourly',
});
const runbook = readFileSync(join(ROOT, 'docs', 'runbook.md'), 'utf8');
const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, name]) => name ?? '');
/** Of the composite alarms, which are made of the others. */
const COMPOSITE = 'composite';

describe('the runbook', () => {
  test('has a section for each kind of alarm, and none beside', () => {
    expect([...new Set(alarms.map(({ kind }) => kind)), COMPOSITE].sort()).toEqual([...sections].sort());
  });
  test.each(sections)('says a first command: %s', (name) => {
    const text = runbook.split(`## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
    expect(text).toMatch(/First: /);
    expect(text.length).toBeGreaterThan(200);
  });
});

describe('alarms', () => {
  test('have names of their own, and link to their section', () => {
    expect(new Set(alarms.map(({ name }) => name)).size).toBe(alarms.length);
    for (const spec of alarms) {
      const text = description(spec, 'https://example.com/runbook.md');
      expect(text).toContain(`https://example.com/runbook.md#${spec.kind}`);
      expect(text, spec.name).toHaveLength(Math.min(text.length, 1024));
    }
  });
  test('look at metrics that somebody publishes', () => {
    const known = new Set<string>([DRIVER_METRICS, INGEST_METRICS, MONITOR_METRICS, WATCHDOG_METRICS].flatMap((names) => Object.values(names)));
    for (const { metric } of alarms) if (metric.namespace === undefined) expect(known).toContain(metric.name);
  });
  test('breach on missing data where silence is the failure, and nowhere else without a reason', () => {
    expect(alarms.filter(({ missing }) => missing.treat === 'breaching').map(({ name }) => name)).toEqual(['monitor-silent', 'watchdog-silent']);
    for (const { missing } of alarms) expect(missing.because.length).toBeGreaterThan(10);
  });
  test('come with each dataset, source that is on, job and queue by themselves', () => {
    for (const { name } of datasets) expect(alarms.filter(({ dataset, kind }) => dataset === name && kind === 'freshness')).toHaveLength(3);
    const on = httpSources().filter(({ source }) => isOn(config, source));
    expect(alarms.filter(({ kind }) => kind === 'source-overdue')).toHaveLength(on.length);
    expect(alarms.filter(({ kind }) => kind === 'job-not-running')).toHaveLength(3);
    expect(alarms.filter(({ kind }) => kind === 'dead-letters')).toHaveLength(DEAD_LETTER_QUEUES.length);
  });
});
