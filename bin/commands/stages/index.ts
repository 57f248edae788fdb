import type { CommandGroup } from '../command.js';
import { costCommand } from './cost.js';
import { deployCommand } from './deploy.js';
import { destroyCommand } from './destroy.js';

export const stages: CommandGroup = {
  title: 'AWS:',
  commands: [deployCommand, costCommand, destroyCommand],
};
