import { defaultHome } from '../../../localstack/paths.js';
import { logFile, tail } from '../../../localstack/process.js';
import { jobRuns } from '../../../localstack/stack/job-runs.js';
import { SERVICES } from '../../../localstack/stack/services.js';
import { CliError, EXIT, say } from '../../output.js';
import { newCommand } from '../command.js';

const LOGS: readonly string[] = [...SERVICES, 'deploy'];
const FORMER: Readonly<Record<string, string>> = { aws: 'emulator', door: 'front-door' };

/** A component by its name of today. */
function componentOf(name: string): string {
  const today = FORMER[name];
  if (today === undefined) return name;
  say(`${name} is now ${today}: ./sluice logs ${today}`);
  return today;
}

export const logsCommand = () =>
  newCommand('logs', `the end of a log: ${LOGS.join(', ')}, or a job (combined, bronze, silver, gold)`, ['./sluice logs combined', './sluice logs emulator --lines 200'])
    .argument('<component>')
    .option('-n, --lines <count>', 'how many lines', '50')
    .action((name: string, options: { lines: string }) => {
      const lines = Number(options.lines);
      if (!Number.isInteger(lines) || lines < 1) throw new CliError(`--lines ${options.lines}: not a number of lines`, EXIT.misuse);
      const component = componentOf(name);
      const home = defaultHome();
      const run = jobRuns(home).find(({ job }) => job === component || job.endsWith(`-${component}`));
      if (!run && !LOGS.includes(component)) throw new CliError(`no log of "${component}"; known: ${LOGS.join(', ')}, and jobs that have run`, EXIT.misuse);
      const text = tail(run?.process?.log ?? logFile(home, component), lines);
      process.stdout.write(text === '' ? '' : `${text}\n`);
    });
