import { describe, expect, test } from 'vitest';
import type { Report } from '../../lambdas/monitor/monitor.js';
import { freshnessMatrix, type Overview, prometheus } from '../../lambdas/monitor/overview.js';
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
    { name: 'MonitorRun', dimensions: {}, value: 1, unit: 'Count' },
  ],
  untold: null,
};
const overview: Overview = {
  stage: 'sluice-local',
  report,
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
      'alarm_firing{alarm="kafka"} 1',
      'alarm_firing{alarm="storage"} 0',
    ]);
    for (const line of samples) expect(line).toMatch(/^[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? -?[\d.]+$/);
    const typed = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(typed).size).toBe(typed.length);
  });
  test('before the monitor ran', () => {
    expect(prometheus({ ...overview, report: null, alarms: [] })).toContain('last_run_timestamp 0\n');
    expect(page({ ...overview, report: null }, NOW)).toContain('./sluice health');
  });
  test('as a page, with nothing of what was found taken for markup', () => {
    const html = page(overview, NOW);
    expect(html).toContain('<title>sluice-local: 1 in alarm</title>');
    expect(html).toContain('broker &lt;away&gt;');
    expect(html).not.toContain('<script>');
    expect(html).toContain('<td>12.5</td>');
  });
  test('as a matrix of freshness', () => {
    expect(freshnessMatrix(report)).toEqual([{ dataset: 'd', minutes: { bronze: null, silver: null, gold: 12.5 } }]);
  });
});
