import { BrokenLog } from '../../lake/delta.js';
import { type Verification, verify } from '../../lake/delta-versions.js';
import { findTable, openTable } from '../../lake/tables.js';
import { target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';

/** What brings a damaged table back. */
function recovery(name: string): string {
  const [layer] = name.split('.');
  if (layer === 'silver' || layer === 'gold') return `it is computed from the layer before it: ./sluice rebuild ${name} --swap`;
  const copy = 'the way back is a copy: docs/backup.md (./sluice restore --from FILE here, older versions of the objects on AWS)';
  return layer === 'bronze' ? `${copy}; or send again what landing holds of the sources: ./sluice reparse SOURCE` : copy;
}

function printVerification(name: string, { version, files, missing, differ, unreferenced }: Verification): void {
  for (const path of missing) process.stdout.write(`missing\t${path}\n`);
  for (const path of differ) process.stdout.write(`of another size\t${path}\n`);
  say(`${name} version ${version}: ${files} files in the log, ${missing.length} missing, ${differ.length} of another size, ${unreferenced} that no version names`);
  if (missing.length + differ.length > 0) say(recovery(name));
}

export const verifyCommand = () =>
  newCommand('verify', 'hold a table’s log against its files: names what is missing or of another size; exit 3 if anything is', ['./sluice verify ops.ledger'])
    .argument('<table>', 'for example silver.source_checks; ./sluice tables names them all')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(async (name: string, options: { json?: boolean; stage: string }) => {
      const table = findTable(name);
      try {
        const result = await verify(await openTable(table, target(options.stage)));
        if (options.json) printJson(result);
        else printVerification(name, result);
        if (result.missing.length + result.differ.length > 0) process.exitCode = EXIT.degraded;
      } catch (cause) {
        if (cause instanceof BrokenLog) throw new CliError(cause.message);
        throw cause;
      }
    });
