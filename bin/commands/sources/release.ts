import { z } from 'zod';
import { StateTable, sourceKey } from '../../../lambdas/shared/state-table.js';
import { describeCheck, invokeIngest } from '../../lake/ingest.js';
import { assertSource } from '../../lake/sources.js';
import { stateTable, type Target, target } from '../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';

/** What the ingest function keeps of the body that it refused last. */
const refusedSchema = z.object({
  lastRefused: z.string().optional(),
  lastRefusedAt: z.number().optional(),
  lastRefusedReason: z.string().nullish(),
  lastGoodAt: z.number().optional(),
});

/**
 * The body of a source that was refused last, as the check itself remembers it: what SQL says of checks is some seconds behind.
 *
 * @throws CliError where none was, or a good check came after it
 */
async function lastRefused(source: string, lake: Target): Promise<string> {
  const item = refusedSchema.parse(await new StateTable(lake.dynamo, stateTable(lake)).item(sourceKey(source)));
  const { lastRefused: sha256, lastRefusedAt = 0, lastRefusedReason, lastGoodAt = 0 } = item;
  if (sha256 === undefined) throw new CliError(`no body of ${source} was refused, so there is none to release; ./sluice sources ${source} says how its last check went`);
  const told = `${sha256}: ${lastRefusedReason ?? ''}`;
  if (lastGoodAt > lastRefusedAt)
    throw new CliError(
      `${source}: refused last was ${told}; that was at ${new Date(lastRefusedAt).toISOString()}, and a later check was good. To go back to that body all the same: ./sluice release ${source} --sha256 ${sha256}`,
    );
  say(`${source}: refused last was ${told}`);
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
