import { type Command, Option } from 'commander';
import type { HttpSource } from '../../contracts/index.js';
import type { OperatorEdit } from '../../datasets/harmful_domains/operator.js';
import { OPERATOR_SOURCE } from '../../datasets/harmful_domains/sources.js';
import { findSource, httpSources } from '../../datasets/index.js';
import type { Probe } from '../../lambdas/ingest/probe.js';
import { runQuery } from '../athena.js';
import { describeCheck, invokeIngest } from '../ingest.js';
import { bytes, CliError, EXIT, printJson, printRows, say } from '../output.js';
import { exitOf, type ProbeOptions, probeSources } from '../probe.js';
import { assertSource, isOnAt, sourcesOnAt, stageOption } from '../sources.js';
import { target } from '../target.js';

interface Status {
  readonly lastCheck: string | null;
  readonly outcome: string | null;
  readonly lastGood: string | null;
  readonly entries: number | null;
}

/** How each source's checks went; empty where no lake answers: the list of sources needs none. */
async function statuses(stage: string): Promise<Map<string, Status>> {
  try {
    const { rows } = await runQuery('SELECT source, last_check_at, last_outcome, last_good_at, entries FROM gold.source_status', target(stage), 60_000);
    return new Map(
      rows.map(([source, lastCheck, outcome, lastGood, entries]) => [
        source ?? '',
        { lastCheck: lastCheck ?? null, outcome: outcome ?? null, lastGood: lastGood ?? null, entries: entries ? Number(entries) : null },
      ]),
    );
  } catch (error) {
    say(`how their checks went is not known: ${(error as Error).message}`);
    return new Map();
  }
}

const every = (minutes: number): string => (minutes % 1440 === 0 ? `${minutes / 1440} d` : minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`);

/** Why a source is off by default: its key, its terms, or what the contract says. */
function whyOff({ enabled, key, commercialUse, offBecause }: HttpSource): string | null {
  if (enabled) return null;
  return [key && 'asks for a key', !commercialUse && 'not for every business', offBecause].filter(Boolean).join('; ');
}

type Told = ReturnType<typeof tell>;

/** What `sluice sources --json` says of a source. */
function tell(dataset: string, source: HttpSource, stage: string, status: Status | undefined) {
  return {
    dataset,
    name: source.name,
    on: isOnAt(stage, source),
    offByDefault: whyOff(source),
    format: source.format,
    kind: source.kind,
    category: source.kind === 'list' ? source.category : null,
    everyMinutes: source.cadence.minutes,
    reliability: source.kind === 'list' ? source.reliability : null,
    origin: source.kind === 'list' ? (source.origin ?? source.name) : source.name,
    licence: source.licence,
    commercialUse: source.commercialUse,
    key: source.key?.secret ?? null,
    homepage: source.homepage,
    url: source.url,
    evidence: source.evidence,
    ...(status ?? { lastCheck: null, outcome: null, lastGood: null, entries: null }),
  };
}

function printTable(sources: readonly Told[]): void {
  printRows(
    ['source', 'on', 'category', 'format', 'every', 'reliability', 'licence', 'evidence', 'last check', 'outcome', 'entries'],
    sources.map((each) => [
      each.name,
      each.on ? 'yes' : `no${each.offByDefault === null ? '' : `: ${each.offByDefault}`}`,
      each.category ?? '',
      each.format,
      every(each.everyMinutes),
      String(each.reliability),
      each.licence,
      each.evidence.map(({ on, at }) => `${on} ${new URL(at).host}`)[0] ?? '',
      each.lastCheck ?? '',
      each.outcome ?? '',
      each.entries === null ? '' : String(each.entries),
    ]),
  );
}

function printOne(source: Told): void {
  const { evidence, ...rest } = source;
  const cells = Object.entries(rest).map(([what, value]) => [what, String(value ?? '')]);
  printRows(['of the source', source.name], [...cells, ...evidence.map(({ on, at, says }) => [`evidence of ${on}`, `${says} (${at})`])]);
}

function printProbes(probes: readonly Probe[]): void {
  printRows(
    ['source', 'outcome', 'status', 'redirects', 'size', 'format', 'rows', 'what differs'],
    probes.map((each) => [
      each.source,
      each.outcome,
      each.status === null ? '' : String(each.status),
      each.redirects.map(({ status, to }) => `${status} ${to}`).join(', '),
      each.bytes === null ? '' : bytes(each.bytes),
      each.detected ?? '',
      each.read === null ? '' : String(each.read),
      [...(each.reason === null ? [] : [each.reason]), ...each.differs].join('; '),
    ]),
  );
}

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

export function addSourceCommands(program: Command): void {
  program
    .command('sources')
    .description('the sources of the contracts: whether they are on, their terms and the evidence for them, and how their last checks went')
    .argument('[source]', 'all that is known of this one')
    .option(
      '--probe [source]',
      'ask the source, or every one that is on, once: status, redirects, size, format, entries, what is not as declared; nothing is stored, no lake needed',
    )
    .addOption(new Option('--feeds <kind>', 'of --probe: live (default, the real addresses) or recorded (from this machine)').choices(['live', 'recorded']))
    .option('--json', 'as JSON')
    .addOption(stageOption())
    .addHelpText(
      'after',
      `
With --probe it ends with 0 where all is as declared, 1 where nothing could be had, 3 where something could not or differs.
Which hosts of a list of URLs many share it judges by the body, and by the last snapshots of a lake with the same feeds; where none
answers, fewer are known than to ingestion, and their URLs count as names: entries may be fewer.`,
    )
    .action(async (argument: string | undefined, options: SourcesOptions) => {
      const { probe, feeds, stage } = options;
      if (feeds !== undefined && probe === undefined) throw new CliError('--feeds is said of --probe', EXIT.misuse);
      const probed = typeof probe === 'string' ? probe : undefined;
      if (argument !== undefined && probed !== undefined) throw new CliError('name one source, or none for all that are on', EXIT.misuse);
      const name = argument ?? probed;
      if (name !== undefined) assertSource(name);
      if (probe !== undefined) return probeAll(name === undefined ? sourcesOnAt(stage) : [name], { feeds: feeds ?? 'live', stage }, options.json === true);
      const known = await statuses(stage);
      const sources = httpSources()
        .filter(({ source }) => name === undefined || source.name === name)
        .map(({ dataset, source }) => tell(dataset.name, source, stage, known.get(source.name)));
      const [first] = sources;
      if (options.json) printJson(sources);
      else if (name !== undefined && first) printOne(first);
      else printTable(sources);
    });

  const edit = (command: Command, verdict: OperatorEdit['verdict'], description: string) => {
    command.description(description).argument('<domain>', 'a domain, an address, or *.domain for all below it too').option('--json', 'as JSON').addOption(stageOption());
    if (verdict !== 'remove') command.requiredOption('--reason <text>', 'why; it is kept with the entry').option('--until <date>', 'when it ends, for example 2027-01-31');
    command.action(async (domain: string, options: { reason?: string; until?: string; json?: boolean; stage: string }) => {
      const { reason, until } = options;
      const wish: OperatorEdit = { verdict, domain, ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) };
      const check = await invokeIngest({ event: 'edit', source: OPERATOR_SOURCE, edit: { ...wish } }, target(options.stage));
      if (check.outcome === 'failed') throw new CliError(check.reason ?? 'the edit was refused', EXIT.misuse);
      if (check.outcome === 'skipped') throw new CliError(`${check.reason}: try again`);
      if (options.json) printJson(check);
      else say(check.outcome === 'unchanged' ? `${domain}: is so already` : `${describeCheck(check)}; Gold has it in some seconds: ./sluice why ${domain}`);
    });
  };
  edit(program.command('allow'), 'allow', "make an exception of a name, whatever the feeds say; it goes the way of every feed's records");
  edit(program.command('deny'), 'deny', 'hold a name for harmful, whatever the feeds say');
  edit(program.command('undo'), 'remove', 'take back what was allowed or denied');
}
