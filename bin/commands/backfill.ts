import type { Command } from 'commander';
import { findSource } from '../../contracts/index.js';
import { CliError, EXIT } from '../output.js';
import { assertSource, stageOption } from '../sources.js';

/** @throws CliError where it is no date */
function date(text: string, option: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new CliError(`${option} ${text}: not a date such as 2026-11-01`, EXIT.misuse);
  return time;
}

export function addBackfill(program: Command): void {
  program
    .command('backfill')
    .description('fetch what a source published in the past, where it keeps its past')
    .requiredOption('--source <source>', 'a source of the contracts')
    .requiredOption('--from <date>', 'first day')
    .requiredOption('--to <date>', 'last day')
    .addOption(stageOption())
    .action((options: { source: string; from: string; to: string }) => {
      assertSource(options.source);
      if (date(options.from, '--from') > date(options.to, '--to')) throw new CliError(`--from ${options.from} is after --to ${options.to}`, EXIT.misuse);
      const { source } = findSource(options.source);
      // Every source of today is a list that its publisher overwrites.
      throw new CliError(
        `${source.name} keeps no past: ${source.homepage} gives its list as it is now, so ${options.from} to ${options.to} cannot be fetched. ` +
          `What Sluice itself saw then it still holds: ./sluice query "SELECT * FROM silver.harmful_domains WHERE source = '${source.name}'"; bodies that it kept are parsed again by ./sluice replay --raw ${source.name}`,
      );
    });
}
