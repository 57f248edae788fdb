import { gatherOverview, type Overview } from '../../../lambdas/monitor/overview.js';
import { physicalName } from '../../../lib/config.js';
import { sleep } from '../../../localstack/process.js';
import { awsEnvironment, frontDoorUrl } from '../../../localstack/stack/instance.js';
import { runningLocal, type Target, target } from '../../lake/target.js';
import { EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { type Component, components, WELL } from './status/components.js';
import { printStatus } from './status/print.js';

export interface Status {
  readonly healthy: boolean;
  /** Empty on a deployed stage. */
  readonly components: readonly Component[];
  /** The overview, under the name that readers of `--json` know; null where nothing of it could be asked. */
  readonly facts: Overview | null;
  readonly page: string | null;
}

const overviewOf = ({ dynamo, cloudwatch, identity }: Target): Promise<Overview> =>
  gatherOverview({ dynamo, cloudwatch, stateTable: physicalName(identity, 'state'), prefix: physicalName(identity, '') });

async function statusOf(lake: Target): Promise<Status> {
  const all = lake.local ? await components(lake) : [];
  // A front door that is down can say nothing of alarms; what runs is said all the same.
  const overview = await overviewOf(lake).catch((cause: unknown) => {
    say(`alarms and checks are not known: ${(cause as Error).message}`);
    return null;
  });
  const runs = all.every(({ state }) => WELL.has(state));
  const quiet = overview?.alarms.every(({ state }) => state !== 'ALARM') === true;
  return { healthy: runs && quiet, components: all, facts: overview, page: lake.local ? `${frontDoorUrl(lake.local.instance)}/_sluice/` : null };
}

const WATCH_MS = 5_000;

interface StatusOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly env?: boolean;
  readonly stage: string;
}

export const statusCommand = () =>
  newCommand('status', 'what runs and where, what is in alarm, what the monitor found last; exit 3 if something should be seen to', [
    './sluice status',
    './sluice status --watch',
    'eval "$(./sluice status --env)"',
  ])
    .addOption(jsonOption())
    .option('--watch', 'again every five seconds, until it is interrupted')
    .option('--env', 'print the exports for the AWS CLI: eval "$(./sluice status --env)"')
    .addOption(stageOption())
    .action(status);

async function status(options: StatusOptions): Promise<void> {
  if (options.env) {
    for (const [name, value] of Object.entries(awsEnvironment(runningLocal().instance))) process.stdout.write(`export ${name}=${value}\n`);
    return;
  }
  const lake = target(options.stage);
  for (;;) {
    const found = await statusOf(lake);
    if (options.watch && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    if (options.json) printJson(found);
    else printStatus(found);
    process.exitCode = found.healthy ? EXIT.ok : EXIT.degraded;
    if (!options.watch) return;
    await sleep(WATCH_MS);
  }
}
