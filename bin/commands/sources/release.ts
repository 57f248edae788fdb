import { CHECKS_OF_SOURCES } from '../../../datasets/source_checks/contract.js';
import { runQuery } from '../../lake/athena.js';
import { describeCheck, invokeIngest } from '../../lake/ingest.js';
import { assertSource } from '../../lake/sources.js';
import { type Target, target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';

/** The body of a source that was refused last. @throws CliError where none was */
async function lastRefused(source: string, lake: Target): Promise<string> {
  const sql = `SELECT body_sha256, reason FROM ${CHECKS_OF_SOURCES} WHERE source = '${source}' AND outcome = 'refused' ORDER BY started_at DESC LIMIT 1`;
  const [sha256, reason] = (await runQuery(sql, lake)).rows[0] ?? [];
  if (!sha256) throw new CliError(`no body of ${source} was refused, so there is none to release; ./sluice sources ${source} says how its last check went`);
  say(`${source}: refused last was ${sha256}: ${reason ?? ''}`);
  return sha256;
}

export const releaseCommand = () =>
  newCommand('release', 'accept a body that was refused and set aside, as if it had been believed', ['./sluice release stevenblack --dry-run', './sluice release stevenblack'])
    .argument('<source>', 'a source of the contracts')
    .option('--sha256 <hash>', 'the body; default: the one refused last')
    .option('--dry-run', 'say what it would change; store and send nothing')
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(async (source: string, options: { sha256?: string; dryRun?: boolean; json?: boolean; stage: string }) => {
      assertSource(source);
      if (options.sha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.sha256))
        throw new CliError(`--sha256 ${options.sha256}: not a sha256; ./sluice release ${source} takes the body refused last`, EXIT.misuse);
      const lake = target(options.stage);
      const sha256 = options.sha256 ?? (await lastRefused(source, lake));
      const check = await invokeIngest({ event: 'release', source, sha256, ...(options.dryRun ? { dryRun: true } : {}) }, lake);
      if (options.json) printJson(check);
      else say(describeCheck(check));
    });
