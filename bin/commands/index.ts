import type { Command } from 'commander';
import { addDevelopmentCommands } from './develop/test.js';
import { addListCommands } from './harmful_domains/export.js';
import { addWhy } from './harmful_domains/why.js';
import { addBackup } from './machine/backup.js';
import { addDoctor } from './machine/doctor.js';
import { addBackfill } from './sources/backfill.js';
import { addSourceCommands } from './sources/sources.js';
import { addStageCommands } from './stages/cost.js';
import { addDeploy } from './stages/deploy.js';
import { addDemo } from './start/demo.js';
import { addDataCommands } from './start/query.js';
import { addStatus } from './start/status.js';
import { addLifecycleCommands } from './start/up.js';
import { addRebuild, addRestore } from './tables/rebuild.js';
import { addReplay } from './tables/replay.js';
import { addTableCommands } from './tables/tables.js';
import { addOperationCommands } from './watch/jobs.js';

export function addCommands(program: Command): void {
  addDemo(program);
  addLifecycleCommands(program);
  addStatus(program);
  addDoctor(program);
  addDataCommands(program);
  addOperationCommands(program);
  addSourceCommands(program);
  addReplay(program);
  addBackfill(program);
  addRebuild(program);
  addRestore(program);
  addBackup(program);
  addListCommands(program);
  addTableCommands(program);
  addDeploy(program);
  addStageCommands(program);
  addWhy(program);
  addDevelopmentCommands(program);
}
