import type { CommandGroup } from '../command.js';
import { healthCommand } from './health.js';
import { jobsCommand } from './jobs.js';
import { redriveCommand } from './redrive.js';
import { runsCommand } from './runs.js';

export const watch: CommandGroup = {
  title: 'Whether all runs:',
  commands: [healthCommand, runsCommand, jobsCommand, redriveCommand],
};
