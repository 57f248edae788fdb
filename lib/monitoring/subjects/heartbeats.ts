import { MONITOR, WATCHDOG } from '../../../contracts/metrics.js';
import { type AlarmScope, type AlarmSpec, MINUTE, type Missing, PLATFORM } from '../spec.js';

const SILENCE: Missing = { treat: 'breaching', because: 'silence is the failure' };

const heartbeat = (name: string, metric: string, periodSeconds: number, says: string, command: string): AlarmSpec => ({
  ...PLATFORM,
  name,
  kind: name,
  says,
  command,
  metric: { name: metric, dimensions: {}, statistic: 'Sum', periodSeconds },
  comparison: '<',
  threshold: 1,
  datapoints: 2,
  of: 2,
  missing: SILENCE,
});

/** Those who watch run. */
export const heartbeats = {
  alarms: ({ config: { monitoring, medallion } }: AlarmScope): AlarmSpec[] => [
    heartbeat('monitor-silent', MONITOR.run.name, monitoring.everyMinutes * MINUTE, 'The monitor has not run for two of its intervals: nobody looks at the lake.', 'sluice health'),
    heartbeat(
      'watchdog-silent',
      WATCHDOG.run.name,
      medallion.watchdogMinutes * MINUTE,
      'The watchdog has not run for two of its intervals: a Spark job that ends stays ended.',
      'sluice jobs list',
    ),
  ],
};
