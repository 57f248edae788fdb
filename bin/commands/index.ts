import type { Command } from 'commander';
import { addBackfill } from './backfill.js';
import { addBackup } from './backup.js';
import { addDataCommands } from './data.js';
import { addDemo } from './demo.js';
import { addDeploy } from './deploy.js';
import { addDevelopmentCommands } from './development.js';
import { addDoctor } from './doctor.js';
import { addLifecycleCommands } from './lifecycle.js';
import { addListCommands } from './lists.js';
import { addOperationCommands } from './operations.js';
import { addRebuild, addRestore } from './rebuild.js';
import { addReplay } from './replay.js';
import { addSourceCommands } from './sources.js';
import { addStageCommands } from './stages.js';
import { addStatus } from './status.js';
import { addTableCommands } from './tables.js';
import { addWhy } from './why.js';

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
