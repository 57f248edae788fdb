import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../localstack/paths.js';
import { generatedFiles } from '../../generated.js';
import { EXIT } from '../../output.js';
import { newCommand } from '../command.js';
import { FORMATTERS, runTools } from './lint/tools.js';

export const formatCommand = () =>
  newCommand('format', 'format the code and make the generated files anew', ['./sluice format']).action(() => {
    for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(join(ROOT, file), text);
    if (runTools(FORMATTERS).failed > 0) process.exitCode = EXIT.failed;
  });
