import type { CommandGroup } from '../command.js';
import { rebuildCommand } from './rebuild.js';
import { replayCommand } from './replay.js';
import { restoreCommand } from './restore.js';
import { tablesCommand } from './tables.js';
import { verifyCommand } from './verify.js';

export const tables: CommandGroup = {
  title: 'Tables, and what they hold:',
  commands: [tablesCommand, verifyCommand, replayCommand, rebuildCommand, restoreCommand],
};
