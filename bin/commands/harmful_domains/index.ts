import type { CommandGroup } from '../command.js';
import { allowCommand } from './allow.js';
import { denyCommand } from './deny.js';
import { exportCommand } from './export.js';
import { serveExportCommand } from './serve-export.js';
import { undoCommand } from './undo.js';
import { whyCommand } from './why.js';

export const group: CommandGroup = {
  title: 'Harmful names, and the lists made of them:',
  commands: [whyCommand, allowCommand, denyCommand, undoCommand, exportCommand, serveExportCommand],
};
