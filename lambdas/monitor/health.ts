import type { CHECKS } from '../../contracts/metrics.js';
import type { OperationState } from '../../datasets/operations/contract.js';
import type { MetricValue } from '../shared/metrics.js';

export type HealthName = (typeof CHECKS)[number];

/** Something that the monitor looked at. */
export interface Finding {
  readonly subject: string;
  readonly state: OperationState;
  readonly message: string;
}

export interface Health {
  readonly check: HealthName;
  readonly state: OperationState;
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** What a look gives; its state is that of its worst finding. */
export interface Looked {
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly metrics: readonly MetricValue[];
}

const SEVERITY: readonly OperationState[] = ['skipped', 'ok', 'degraded', 'failed'];

export const worst = (states: readonly OperationState[]): OperationState => states.reduce<OperationState>((a, b) => (SEVERITY.indexOf(b) > SEVERITY.indexOf(a) ? b : a), 'skipped');

/** `3.2 min`, `2.5 h`, `4 d`. */
export function inWords(minutes: number): string {
  if (minutes < 90) return `${Math.round(minutes * 10) / 10} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 6) / 10} h` : `${Math.round(minutes / 1440)} d`;
}
