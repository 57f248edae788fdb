import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { DRIVER, MONITOR, STALL_MINUTES, WATCHDOG } from '../../../contracts/metrics.js';
import { physicalName } from '../../config.js';
import type { Draw } from '../draw.js';
import { type AlarmScope, type AlarmSpec, LOOK, MINUTE, PLATFORM, SILENT_MONITOR } from '../spec.js';
import { HALF, QUARTER } from '../widths.js';

function alarmsOfJob(job: string, { config }: AlarmScope): AlarmSpec[] {
  const dimensions = { Job: physicalName(config, job) };
  return [
    {
      ...PLATFORM,
      name: `job-not-running-${job}`,
      kind: 'job-not-running',
      says: `The Spark job ${job} was found not running twice in a row: starting it does not help, or was given up after ${config.medallion.restartsPerHour} failures in an hour.`,
      command: `sluice runs ${job}`,
      metric: { name: WATCHDOG.jobRunning.name, dimensions, statistic: 'Minimum', periodSeconds: config.medallion.watchdogMinutes * MINUTE },
      comparison: '<',
      threshold: 1,
      datapoints: 2,
      of: 2,
      missing: { treat: 'ignore', because: 'the watchdog measures it: where that is silent, watchdog-silent says so' },
    },
    {
      ...PLATFORM,
      name: `job-stalled-${job}`,
      kind: 'job-stalled',
      says: `A query of the Spark job ${job} runs and has said nothing for ${STALL_MINUTES} minutes: it hangs.`,
      command: `sluice jobs restart ${job}`,
      metric: { name: MONITOR.progressAgeMinutes.name, dimensions, statistic: 'Maximum', periodSeconds: LOOK },
      comparison: '>',
      threshold: MONITOR.progressAgeMinutes.wrongAbove,
      datapoints: 1,
      of: 1,
      missing: SILENT_MONITOR,
    },
    {
      ...PLATFORM,
      name: `datasets-left-out-${job}`,
      kind: 'datasets-left-out',
      says: `The Spark job ${job} leaves out a dataset whose own code is missing or broken; the other datasets go on. Its log names it.`,
      command: `sluice logs ${job}`,
      metric: { name: DRIVER.leftOut.name, dimensions, statistic: 'Maximum', periodSeconds: 5 * MINUTE },
      comparison: '>',
      threshold: DRIVER.leftOut.wrongAbove,
      datapoints: 1,
      of: 1,
      missing: { treat: 'notBreaching', because: 'a job says it by the minute while it leaves something out; whether it runs is told by job-not-running' },
    },
  ];
}

/** Of Glue's own metrics, where they are switched on. */
function heap(draw: Draw, job: string): IWidget {
  const glue = (name: string, label: string, group?: string) => draw.glue(job, name, label, group);
  return draw.graph(
    `${job}: JVM heap, CPU, executors`,
    [
      glue('glue.driver.memory.heap.used.percentage', 'driver heap', 'resource_utilization'),
      glue('glue.ALL.memory.heap.used.percentage', 'executors heap', 'resource_utilization'),
      glue('glue.driver.workerUtilization', 'worker utilisation', 'job_performance'),
    ],
    QUARTER,
    [],
    [
      glue('glue.driver.system.cpuSystemLoad', 'driver CPU'),
      glue('glue.ALL.system.cpuSystemLoad', 'executors CPU'),
      glue('glue.driver.ExecutorAllocationManager.executors.numberAllExecutors', 'executors'),
    ],
  );
}

/** The streaming jobs: whether they run, what they read, and what holds them up. */
export const jobs = {
  alarms: (scope: AlarmScope): AlarmSpec[] => scope.jobs.flatMap((job) => alarmsOfJob(job, scope)),
  flow: (draw: Draw, names: readonly string[]) =>
    draw.graph(
      'Flow: rows per five minutes',
      names.map((Job) => draw.metric(DRIVER.inputRows, { Job }, 'Sum', Job)),
      HALF,
    ),
  row: (draw: Draw, job: string): IWidget[] => [
    draw.graph(
      `${job}: runs, workers alive`,
      [draw.metric(WATCHDOG.jobRunning, { Job: job }, 'Minimum', 'runs')],
      QUARTER,
      [],
      [draw.metric(DRIVER.workersAlive, { Job: job }, 'Minimum', 'workers alive')],
    ),
    draw.graph(
      `${job}: minutes since a query spoke, where too many`,
      [draw.metric(MONITOR.progressAgeMinutes, { Job: job })],
      QUARTER,
      draw.thresholds(MONITOR.progressAgeMinutes),
    ),
    draw.graph(`${job}: longest batch, ms`, [draw.metric(DRIVER.batchMs, { Job: job })], QUARTER),
    draw.config.medallion.glueMetrics ? heap(draw, job) : draw.newest(`${job}: restarts, given up`, 'watchdog', [WATCHDOG.restarts, WATCHDOG.limited], QUARTER),
  ],
};
