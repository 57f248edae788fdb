import { describe, expect, test } from 'vitest';
import type { Report } from '../../lambdas/monitor/monitor.js';
import { freshnessMatrix, type Overview, progressOf, progressRows, prometheus } from '../../lambdas/monitor/overview.js';
import { page } from '../../lambdas/monitor/page.js';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const report: Report = {
  runId: 'r',
  startedAt: NOW - 5_000,
  finishedAt: NOW,
  state: 'failed',
  checks: [
    {
      check: 'kafka',
      state: 'failed',
      summary: 'broker <away>',
      findings: [{ subject: 'topic "x"', state: 'failed', message: '<script>alert(1)</script>' }],
      startedAt: NOW,
      finishedAt: NOW,
    },
  ],
  health: { Kafka: 0, Spark: 1 },
  metrics: [
    { name: 'ComponentHealth', dimensions: { Component: 'Kafka' }, value: 0, unit: 'None' },
    { name: 'PipelineHealth', dimensions: {}, value: 50, unit: 'Percent' },
    { name: 'FreshnessMinutes', dimensions: { Dataset: 'd', Layer: 'gold' }, value: 12.5, unit: 'None' },
    { name: 'LagRecords', dimensions: { Dataset: 'd', Layer: 'gold' }, value: 1_200_000, unit: 'Count' },
    { name: 'RecordsPerSecond', dimensions: { Dataset: 'd', Layer: 'gold' }, value: 2_000, unit: 'None' },
    { name: 'SecondsLeft', dimensions: { Dataset: 'd', Layer: 'gold' }, value: 600, unit: 'None' },
    { name: 'MonitorRun', dimensions: {}, value: 1, unit: 'Count' },
  ],
  untold: null,
};
const overview: Overview = {
  stage: 'sluice-local',
  report,
  progress: progressOf(report),
  failedChecksTotal: 3,
  runsTotal: 9,
  alarms: [
    { name: 'kafka', state: 'ALARM', since: NOW - 60_000, description: 'says "why"' },
    { name: 'storage', state: 'OK', since: 0, description: '' },
  ],
};

describe('the overview', () => {
  test('in Prometheus’ format: every sample below its type, under the names that people scrape', () => {
    const text = prometheus(overview);
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples).toEqual([
      'failed_checks_total 3',
      'monitor_runs_total 9',
      `last_run_timestamp ${NOW / 1000}`,
      'component_health{component="Kafka"} 0',
      'pipeline_health 50',
      'freshness_minutes{dataset="d",layer="gold"} 12.5',
      'lag_records{dataset="d",layer="gold"} 1200000',
      'records_per_second{dataset="d",layer="gold"} 2000',
      'seconds_left{dataset="d",layer="gold"} 600',
      'alarm_firing{alarm="kafka"} 1',
      'alarm_firing{alarm="storage"} 0',
    ]);
    for (const line of samples) expect(line).toMatch(/^[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? -?[\d.]+$/);
    const typed = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(typed).size).toBe(typed.length);
  });
  test('before the monitor ran', () => {
    expect(prometheus({ ...overview, report: null, progress: [], alarms: [] })).toContain('last_run_timestamp 0\n');
    expect(page({ ...overview, report: null, progress: [] }, NOW)).toContain('./sluice health');
  });
  test('as a page, with nothing of what was found taken for markup', () => {
    const html = page(overview, NOW);
    expect(html).toContain('<title>sluice-local: 1 in alarm</title>');
    expect(html).toContain('broker &lt;away&gt;');
    expect(html).not.toContain('<script>');
    expect(html).toContain('<td>12.5</td>');
    expect(html).toContain('<td>gold</td><td>1,200,000</td><td>2,000</td><td>10 min</td>');
  });
  test('as how far each layer is behind; in words, of those that are', () => {
    const fresh = { name: 'FreshnessMinutes', dimensions: { Dataset: 'd', Layer: 'silver' }, value: 0, unit: 'None' } as const;
    const complete = [
      { ...fresh, name: 'LagRecords', value: 0 },
      { ...fresh, name: 'SecondsLeft', value: 0 },
    ];
    const progress = progressOf({ ...report, metrics: [fresh, ...complete, ...report.metrics] });
    expect(progress).toEqual([
      { dataset: 'd', layer: 'silver', behind: 0, perSecond: null, secondsLeft: 0 },
      { dataset: 'd', layer: 'gold', behind: 1_200_000, perSecond: 2_000, secondsLeft: 600 },
    ]);
    expect(progressRows([{ dataset: 'd', layer: 'bronze', behind: 5, perSecond: 0, secondsLeft: null }])).toEqual([['d', 'bronze', '5', '0', 'unknown']]);
    expect(progressRows(progress)).toEqual([['d', 'gold', '1,200,000', '2,000', '10 min']]);
  });
  test('as a matrix of freshness', () => {
    expect(freshnessMatrix(report)).toEqual([{ dataset: 'd', minutes: { bronze: null, silver: null, gold: 12.5 } }]);
  });
});
