import { target } from '../../lake/target.js';
import { EXIT, printJson, printRows } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption } from '../options.js';
import { diagnoseMachine } from './doctor/machine.js';
import { diagnoseStage } from './doctor/stage.js';

export const doctorCommand = () =>
  newCommand('doctor', 'say whether this machine has what Sluice needs; with --stage, prove a stage: schedule, function, Kafka, Spark, SQL', [
    './sluice doctor',
    './sluice doctor --stage local',
  ])
    .addOption(jsonOption())
    .option('--stage <stage>', 'a running stage to prove: local, dev or prod')
    .action(async (options: { json?: boolean; stage?: string }) => {
      const findings = options.stage === undefined ? await diagnoseMachine() : await diagnoseStage(target(options.stage));
      const ok = findings.every((each) => each.ok);
      if (options.json) printJson({ ok, findings });
      else
        printRows(
          ['looked at', 'ok', 'found', 'remedy'],
          findings.map((each) => [each.check, each.ok ? 'yes' : 'NO', each.found, each.remedy]),
        );
      if (!ok) process.exitCode = EXIT.failed;
    });
