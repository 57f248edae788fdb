import type { CommandGroup } from '../command.js';
import { backupCommand } from './backup.js';
import { cleanCommand } from './clean.js';
import { doctorCommand } from './doctor.js';
import { logsCommand } from './logs.js';
import { restartCommand } from './restart.js';

export const machine: CommandGroup = {
  title: 'This machine:',
  commands: [restartCommand, doctorCommand, logsCommand, backupCommand, cleanCommand],
};
