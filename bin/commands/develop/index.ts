import type { CommandGroup } from '../command.js';
import { formatCommand } from './format.js';
import { lintCommand } from './lint.js';
import { testCommand } from './test.js';

export const develop: CommandGroup = {
  title: 'Development:',
  commands: [testCommand, lintCommand, formatCommand],
};
