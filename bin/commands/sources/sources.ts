import { Option } from 'commander';
import { findSource, httpSources } from '../../../datasets/index.js';
import { assertSource, sourcesOnAt } from '../../lake/sources.js';
import { CliError, EXIT, printJson, say } from '../../output.js';
import { newCommand } from '../command.js';
import { jsonOption, stageOption } from '../options.js';
import { exitOf, type ProbeOptions, probeSources } from './probe/probe.js';
import { printOne, printProbes, printTable } from './sources/print.js';
import { rowOf, statuses } from './sources/rows.js';

async function probeAll(names: readonly string[], options: ProbeOptions, asJson: boolean): Promise<void> {
  const sources = names.map((name) => findSource(name).source);
  if (!asJson) say(`asking ${sources.length === 1 ? sources[0]?.name : `${sources.length} sources`} once (${options.feeds} feeds); nothing is stored`);
  const probes = await probeSources(sources, options);
  if (asJson) printJson(probes);
  else printProbes(probes);
  process.exitCode = exitOf(probes);
}

interface SourcesOptions {
  readonly probe?: string | true;
  readonly feeds?: ProbeOptions['feeds'];
  readonly json?: boolean;
  readonly stage: string;
}

const PROBING = `
With --probe it ends with 0 where all is as declared, 1 where nothing could be had, 3 where something could not or differs.
Which hosts of a list of URLs many share it judges by the body, and by the last snapshots of a lake with the same feeds; where none
answers, fewer are known than to ingestion, and their URLs count as names: entries may be fewer.`;

export const sourcesCommand = () =>
  newCommand('sources', 'the sources of the contracts: whether they are on, their terms and the evidence for them, and how their last checks went', [
    './sluice sources',
    './sluice sources stevenblack',
    './sluice sources --probe --feeds recorded',
  ])
    .argument('[source]', 'all that is known of this one')
    .option(
      '--probe [source]',
      'ask the source, or every one that is on, once: status, redirects, size, format, entries, what is not as declared; nothing is stored, no lake needed',
    )
    .addOption(new Option('--feeds <kind>', 'of --probe: live (default, the real addresses) or recorded (from this machine)').choices(['live', 'recorded']))
    .addOption(jsonOption())
    .addOption(stageOption())
    .addHelpText('after', PROBING)
    .action(sources);

async function sources(argument: string | undefined, options: SourcesOptions): Promise<void> {
  const { probe, feeds, stage } = options;
  if (feeds !== undefined && probe === undefined) throw new CliError('--feeds is said of --probe', EXIT.misuse);
  const probed = typeof probe === 'string' ? probe : undefined;
  if (argument !== undefined && probed !== undefined) throw new CliError('name one source, or none for all that are on', EXIT.misuse);
  const name = argument ?? probed;
  if (name !== undefined) assertSource(name);
  if (probe !== undefined) return probeAll(name === undefined ? sourcesOnAt(stage) : [name], { feeds: feeds ?? 'live', stage }, options.json === true);
  const known = await statuses(stage);
  const found = httpSources()
    .filter(({ source }) => name === undefined || source.name === name)
    .map(({ dataset, source }) => rowOf(dataset.name, source, stage, known.get(source.name)));
  const [first] = found;
  if (options.json) printJson(found);
  else if (name !== undefined && first) printOne(first);
  else printTable(found);
}
