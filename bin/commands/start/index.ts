import type { CommandGroup } from '../command.js';
import { demoCommand } from './demo.js';
import { downCommand } from './down.js';
import { queryCommand } from './query.js';
import { statusCommand } from './status.js';
import { upCommand } from './up.js';

export const start: CommandGroup = {
  title: 'To begin with:',
  commands: [demoCommand, upCommand, statusCommand, queryCommand, downCommand],
};
