import { COMPONENTS, MONITOR } from '../../../contracts/metrics.js';
import { WRITERS } from '../../../contracts/writers.js';
import type { Draw } from '../draw.js';
import { type AlarmScope, type AlarmSpec, LOOK, MINUTE, PLATFORM, SILENT_MONITOR } from '../spec.js';
import { THIRD } from '../widths.js';

/** @param times how many looks in a row must fail */
const failing = (check: string, kind: string, says: string, periodSeconds: number, times: number): AlarmSpec => ({
  ...PLATFORM,
  name: kind,
  kind,
  says,
  command: 'sluice health',
  metric: { name: MONITOR.failing.name, dimensions: { Check: check }, statistic: 'Maximum', periodSeconds },
  comparison: '>',
  threshold: MONITOR.failing.wrongAbove,
  datapoints: times,
  of: times,
  missing: SILENT_MONITOR,
});

/** What the monitor finds of components, and what it adds up to. */
export const health = {
  alarms: ({ config }: AlarmScope): AlarmSpec[] => [
    failing('kafka', 'kafka', 'Kafka cannot be reached, lacks a topic or a leader, or does not give back what it was given: nothing comes in.', LOOK, 1),
    failing('storage', 'storage', 'S3 or the state table cannot be written and read: jobs retry, and nothing new is committed.', LOOK, 1),
    {
      ...failing('quality', 'quality-check', 'A record is in no count, a canary does not arrive, or SQL does not answer.', config.monitoring.everyMinutes * MINUTE, 2),
      severity: 'ticket',
    },
  ],
  byComponent: (draw: Draw) =>
    draw.values(
      'Component health: 1 well, 0.5 degraded, 0 failed',
      COMPONENTS.map((Component) => draw.metric(MONITOR.health, { Component }, 'Minimum', Component, draw.monitorMinutes)),
    ),
  overall: (draw: Draw) =>
    draw.values('Overall health; freshness by layer, minutes', [
      draw.metric(MONITOR.pipelineHealth, {}, 'Minimum', 'overall, %'),
      ...WRITERS.map((Layer) => draw.metric(MONITOR.layerFreshness, { Layer }, 'Maximum', Layer, draw.monitorMinutes)),
    ]),
  failed: (draw: Draw) => draw.newest('Failed checks, last check (seconds since 1970)', 'monitor', [MONITOR.failedChecks, MONITOR.lastRun], THIRD),
};
