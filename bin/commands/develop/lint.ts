import { EXIT } from '../../output.js';
import { newCommand } from '../command.js';
import { LINTERS, runTools } from './lint/tools.js';

export const lintCommand = () =>
  newCommand('lint', 'check types and style of both languages; change nothing', ['./sluice lint']).action(() => {
    if (runTools(LINTERS).failed > 0) process.exitCode = EXIT.failed;
  });
