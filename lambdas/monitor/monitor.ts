import { CHECKS, MONITOR } from '../../contracts/metrics.js';
import { WRITERS } from '../../contracts/writers.js';
import type { OperationState } from '../../datasets/operations/contract.js';
import { type MetricValue, metric } from '../shared/metrics.js';
import { type Finding, type Health, type HealthName, type Looked, worst } from './health.js';
import type { Look } from './pace.js';
import type { WrongAt } from './wrong.js';

export interface Report {
  readonly runId: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly state: OperationState;
  readonly checks: readonly Health[];
  /** 1 well, 0.5 degraded, 0 failed. */
  readonly health: Readonly<Record<string, number>>;
  /** All that was measured. */
  readonly metrics: readonly MetricValue[];
  /** Why what was found could not be told through Kafka; null where it was. */
  readonly untold: string | null;
  /** When canaries were last sent, epoch milliseconds. */
  readonly canaryAt?: number;
  /** When series that are told while they are wrong last were so. */
  readonly wrongAt?: WrongAt;
  /** What rates are taken against. */
  readonly looks?: readonly Look[];
}

export interface MonitorDeps {
  readonly runId: string;
  readonly clock: () => number;
  readonly looks: Readonly<Record<HealthName, () => Promise<Looked>>>;
  /** Metrics go out as soon as they are there: they must arrive when Kafka does not. */
  readonly emit: (metrics: readonly MetricValue[]) => void;
  /** Tells of what was found on the ordinary rails, and sends the canaries. */
  readonly tell: (checks: readonly Health[]) => Promise<void>;
  readonly keep: (report: Report) => Promise<void>;
  /** No look may take longer. */
  readonly lookMs: number;
}

const HEALTH: Readonly<Record<OperationState, number>> = { ok: 1, skipped: 1, degraded: 0.5, failed: 0 };
const worstOf = (findings: readonly Finding[]): OperationState => worst(findings.map(({ state }) => state));

async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // What is still under way when its time is up must not end the process later.
    work.catch(() => undefined);
  }
}

async function perform(check: HealthName, { looks, emit, clock, lookMs }: MonitorDeps): Promise<Health> {
  const startedAt = clock();
  const done = (state: OperationState, summary: string, findings: readonly Finding[], metrics: readonly MetricValue[]): Health => {
    emit([...metrics, metric(MONITOR.failing, Number(state === 'failed'), { Check: check })]);
    return { check, state, summary, findings, startedAt, finishedAt: clock() };
  };
  try {
    const { summary, findings, metrics } = await within(lookMs, looks[check](), `the check of ${check}`);
    return done(worstOf(findings), summary, findings, metrics);
  } catch (cause) {
    // A look that fails has found something: what it looks at cannot be reached.
    const message = cause instanceof Error ? cause.message : String(cause);
    return done('failed', message, [{ subject: check, state: 'failed', message }], []);
  }
}

/** Health by component, from the findings of what looks at it. */
export function componentHealth(checks: readonly Health[]): Record<string, number> {
  const of = (name: HealthName) => checks.find(({ check }) => check === name);
  const stateOf = (name: HealthName): OperationState => of(name)?.state ?? 'failed';
  const layerState = (layer: string): OperationState => {
    const freshness = of('freshness');
    const canaries = of('quality')?.findings.filter(({ subject }) => subject.startsWith(`canary in ${layer} `)) ?? [];
    const own = freshness?.findings.filter(({ subject }) => subject.startsWith(`${layer} `)) ?? [];
    // Where freshness could not be looked at, nobody knows that the layer is well.
    return own.length === 0 ? 'failed' : worstOf([...own, ...canaries]);
  };
  const states = {
    Storage: stateOf('storage'),
    Kafka: stateOf('kafka'),
    Spark: stateOf('jobs'),
    ...Object.fromEntries(WRITERS.map((layer) => [layer[0]?.toUpperCase() + layer.slice(1), layerState(layer)])),
  };
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, HEALTH[state]]));
}

/** Takes every look, each by itself: one that fails hides no other. */
export async function monitor(given: MonitorDeps): Promise<Report> {
  const measured: MetricValue[] = [];
  const emit: MonitorDeps['emit'] = (metrics) => {
    measured.push(...metrics);
    given.emit(metrics);
  };
  const deps = { ...given, emit };
  const { runId, clock } = deps;
  const startedAt = clock();
  const checks: Health[] = [];
  for (const check of CHECKS) checks.push(await perform(check, deps));
  const health = componentHealth(checks);
  const failed = checks.filter(({ state }) => state === 'failed').length;
  const values = Object.values(health);
  const overall = (100 * values.reduce((sum, each) => sum + each, 0)) / values.length;
  emit([
    metric(MONITOR.run, 1),
    metric(MONITOR.lastRun, Math.floor(clock() / 1000)),
    metric(MONITOR.failedChecks, failed),
    metric(MONITOR.pipelineHealth, overall),
    ...Object.entries(health).map(([Component, value]) => metric(MONITOR.health, value, { Component })),
  ]);
  let untold: string | null = null;
  try {
    await within(deps.lookMs, deps.tell(checks), 'telling of the checks');
  } catch (cause) {
    untold = cause instanceof Error ? cause.message : String(cause);
  }
  const report: Report = { runId, startedAt, finishedAt: clock(), state: worst(checks.map(({ state }) => state)), checks, health, metrics: measured, untold };
  await deps.keep(report);
  return report;
}
