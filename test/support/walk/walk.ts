import { glueJobs } from './glue.js';
import { grantsWithoutKey, queriesWithoutResults } from './grants.js';
import { rolesOf } from './roles.js';
import { failures, logGroups, machines, schedules, tellers } from './services.js';
import type { StageTemplates } from './templates.js';

/**
 * Walks every role of a stage, from its statements to the resources they are about and on to their keys, and every service
 * that acts as itself; says what would be refused on AWS. The emulator has neither IAM nor KMS: this is where they are judged.
 */
export function walk(stage: StageTemplates): string[] {
  const roles = rolesOf(stage);
  return [
    ...roles.flatMap((role) => [...grantsWithoutKey(role, stage), ...queriesWithoutResults(role, stage)]),
    ...tellers(stage),
    ...logGroups(stage),
    ...glueJobs(roles, stage),
    ...schedules(roles, stage),
    ...failures(roles, stage),
    ...machines(roles, stage),
  ];
}
