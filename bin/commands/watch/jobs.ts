import { type Command, Option } from 'commander';
import type { JobOutcome } from '../../../lambdas/watchdog/watch-jobs.js';
import { callWatchdog, streamingJob } from '../../lake/jobs.js';
import { type Target, target } from '../../lake/target.js';
import { printJson, printRows, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption, wholeNumber } from '../options.js';
import { endRun, listJobs, wish } from './jobs/wishes.js';

const told: Readonly<Record<JobOutcome, string>> = {
  running: 'runs',
  started: 'started',
  restarted: 'started anew',
  stopping: 'still stops; the watchdog starts it when it has',
  paused: 'is paused',
  resting: 'rests outside its daily window',
  limited: 'failed too often in the last hour',
};

async function start(job: string, lake: Target): Promise<void> {
  await wish(job, lake, { expression: 'REMOVE desired' });
  const outcome = (await callWatchdog(lake))[job];
  say(`${job} ${outcome === undefined ? 'is not watched' : told[outcome]}`);
}

async function stop(job: string, lake: Target): Promise<void> {
  await wish(job, lake, { expression: 'SET desired = :stopped', values: { ':stopped': 'stopped' } });
  await endRun(job, lake);
  say(`${job} is stopped and stays so; it goes on at its checkpoints: ./sluice jobs start ${job}`);
}

async function restart(job: string, lake: Target): Promise<void> {
  await endRun(job, lake);
  await start(job, lake);
}

async function scale(job: string, lake: Target, { workers = '' }: { workers?: string }): Promise<void> {
  const count = wholeNumber(workers, '--workers', 2, 299);
  await wish(job, lake, { expression: 'SET workers = :workers', values: { ':workers': count } });
  await restart(job, lake);
  if (lake.local) say('here a driver has the cores of this machine, however many workers it is given');
}

type Act = (job: string, lake: Target, options: { workers?: string }) => Promise<void>;

const onJob = (command: Command, act: Act): Command =>
  command
    .argument('<job>', 'combined, bronze, silver or gold')
    .addOption(stageOption())
    .action(async (job: string, options: { workers?: string; stage: string }) => {
      const lake = target(options.stage);
      await act(await streamingJob(job, lake), lake, options);
    });

const listCommand = () =>
  newCommand('list', 'each job, its run, and what is wanted of it', ['./sluice jobs list'])
    .addOption(jsonOption())
    .addOption(stageOption())
    .action(async (options: { json?: boolean; stage: string }) => {
      const rows = await listJobs(target(options.stage));
      if (options.json) return printJson(rows);
      printRows(
        ['job', 'state', 'wanted', 'workers', 'run', 'since'],
        rows.map((row) => [row.name, row.state, row.wish, row.workers === null ? 'as deployed' : String(row.workers), row.run, row.since]),
      );
    });

export function jobsCommand(): Command {
  const workers = new Option('--workers <count>', 'workers of its runs, the driver among them').makeOptionMandatory();
  return newCommand('jobs', 'the streaming Spark jobs: list, start, stop, restart, scale', ['./sluice jobs', './sluice jobs restart combined'])
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(onJob(newCommand('start', 'start a job that was stopped, or that the watchdog gave up', ['./sluice jobs start combined']), start))
    .addCommand(onJob(newCommand('stop', 'stop a job; it stays stopped, also over deploys, until it is started', ['./sluice jobs stop combined']), stop))
    .addCommand(onJob(newCommand('restart', 'end the run and start another; it goes on at its checkpoints', ['./sluice jobs restart combined']), restart))
    .addCommand(onJob(newCommand('scale', 'give a job other workers from now on; restarts it', ['./sluice jobs scale combined --workers 4']).addOption(workers), scale));
}
