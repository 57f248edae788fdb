import type { AlarmScope, AlarmSpec } from './spec.js';
import { canaries } from './subjects/canaries.js';
import { deadLetters } from './subjects/dead-letters.js';
import { flow } from './subjects/flow.js';
import { freshness } from './subjects/freshness.js';
import { health } from './subjects/health.js';
import { heartbeats } from './subjects/heartbeats.js';
import { jobs } from './subjects/jobs.js';
import { ledger } from './subjects/ledger.js';
import { quarantine } from './subjects/quarantine.js';
import { retention } from './subjects/retention.js';
import { runs } from './subjects/runs.js';
import { sources } from './subjects/sources.js';

/** What all datasets stand on. */
const PLATFORM_SUBJECTS = [heartbeats, health, jobs, flow, deadLetters];
const DATASET_SUBJECTS = [freshness, canaries, quarantine, ledger, retention, runs, sources];

/** Every alarm of a stage. A new dataset, source or job has its own without anybody adding one. */
export function alarmsOf(scope: AlarmScope): AlarmSpec[] {
  const ofDatasets = scope.datasets.flatMap((dataset) => {
    const { severity } = dataset.service;
    return DATASET_SUBJECTS.flatMap(({ alarms }) => alarms(dataset, scope.config)).map((spec) => ({ ...spec, together: spec.severity === severity && severity !== 'notice' }));
  });
  return [...PLATFORM_SUBJECTS.flatMap(({ alarms }) => alarms(scope)), ...ofDatasets];
}
