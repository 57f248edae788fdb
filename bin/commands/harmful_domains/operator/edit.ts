import type { Command } from 'commander';
import type { OperatorEdit } from '../../../../datasets/harmful_domains/operator.js';
import { OPERATOR_SOURCE } from '../../../../datasets/harmful_domains/sources.js';
import { describeCheck, invokeIngest } from '../../../lake/ingest.js';
import { target } from '../../../lake/target.js';
import { CliError, EXIT, printJson, say } from '../../../output.js';
import { newCommand } from '../../command.js';
import { jsonOption, stageOption } from '../../options.js';

interface EditOptions {
  readonly reason?: string;
  readonly until?: string;
  readonly json?: boolean;
  readonly stage: string;
}

/** A command that edits the operator's own list. */
export function editCommand(name: string, verdict: OperatorEdit['verdict'], description: string, examples: readonly [string, ...string[]]): Command {
  const command = newCommand(name, description, examples)
    .argument('<domain>', 'a domain, an address, or *.domain for all below it too')
    .addOption(jsonOption())
    .addOption(stageOption());
  if (verdict !== 'remove') command.requiredOption('--reason <text>', 'why; it is kept with the entry').option('--until <date>', 'when it ends, for example 2027-01-31');
  return command.action(async (domain: string, { reason, until, json, stage }: EditOptions) => {
    const edit: OperatorEdit = { verdict, domain, ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) };
    const check = await invokeIngest({ event: 'edit', source: OPERATOR_SOURCE, edit: { ...edit } }, target(stage));
    if (check.outcome === 'failed') throw new CliError(check.reason ?? 'the edit was refused', EXIT.misuse);
    if (check.outcome === 'skipped') throw new CliError(`${check.reason}: try again`);
    if (json) printJson(check);
    else say(check.outcome === 'unchanged' ? `${domain}: is so already` : `${describeCheck(check)}; Gold has it in some seconds: ./sluice why ${domain}`);
  });
}
