import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { freshnessLimits, isDerived } from '../../contracts/dataset.js';
import { seriesOf } from '../../contracts/metrics.js';
import { datasets, httpSources } from '../../datasets/index.js';
import { loadConfig, physicalName } from '../../lib/config.js';
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
  const on = httpSources().filter(({ source }) => isOn(config, source));
  const series = seriesOf({ datasets, sources: on.map(({ source }) => source.name), jobs: ['bronze', 'silver', 'gold'].map((job) => physicalName(config, job)) });
  test('look at series that somebody publishes, and would see what is wrong with them', () => {
    for (const { name, metric, comparison, threshold } of alarms.filter(({ metric }) => metric.namespace === undefined)) {
      const found = series.find(({ spec, dimensions }) => spec.name === metric.name && isDeepStrictEqual(dimensions, metric.dimensions));
      expect(found, name).toBeDefined();
      // What is told only while it is wrong is told of every value that would make the alarm.
      if (found?.spec.told === 'wrong') expect([comparison, found.spec.wrongAbove <= threshold], name).toEqual(['>', true]);
    }
  });
  test('leave no series that is told only while it is wrong without one', () => {
    const looked = new Set(alarms.map(({ metric }) => JSON.stringify([metric.name, metric.dimensions])));
    const unseen = series.filter(({ spec, dimensions }) => spec.told === 'wrong' && !looked.has(JSON.stringify([spec.name, dimensions])));
    // Of a check that has an alarm by what it looks at; a dataset that nobody fetches for has no runs.
    const notFetched = datasets.filter((each) => !isDerived(each) && !httpSources().some(({ dataset }) => dataset.name === each.name)).map(({ name }) => `RunsShort ${name}`);
    expect(unseen.map(({ spec, dimensions }) => [spec.name, ...Object.values(dimensions)].join(' ')).sort()).toEqual(
      ['CheckFailing cost', 'CheckFailing freshness', 'CheckFailing jobs', ...notFetched].sort(),
    );
  });
  test('breach on missing data where silence is the failure, and nowhere else without a reason', () => {
    expect(alarms.filter(({ missing }) => missing.treat === 'breaching').map(({ name }) => name)).toEqual(['monitor-silent', 'watchdog-silent']);
    for (const { missing } of alarms) expect(missing.because.length).toBeGreaterThan(10);
  });
  test('come with each dataset, source that is on, job and queue by themselves', () => {
    for (const each of datasets) {
      const { name } = each;
      const own = alarms.filter(({ dataset, kind }) => dataset === name && kind === 'freshness');
      // One for its layers: it names what each may take.
      const limits = freshnessLimits(each).map(({ layer, minutes }) => `${layer} ${minutes}`);
      expect(own.map(({ says }) => says.endsWith(`in minutes: ${limits.join(', ')}.`))).toEqual([true]);
    }
    expect(alarms.filter(({ kind }) => kind === 'source-overdue')).toHaveLength(on.length);
    expect(alarms.filter(({ kind }) => kind === 'job-not-running')).toHaveLength(3);
    expect(alarms.filter(({ kind }) => kind === 'dead-letters')).toHaveLength(DEAD_LETTER_QUEUES.length);
  });
});
