import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { chainOf, type KeptBody, type LostBody, type PastStep, type PastVersion, pastSequence, type Stretch } from '../lambdas/ingest/backfill/past.js';
import type { SourceCheck } from '../lambdas/ingest/source-check.js';
import { physicalName } from '../lib/config.js';
import { invokeIngest } from './ingest.js';
import { invokeFunction } from './invoke.js';
import { CliError } from './output.js';
import type { Target } from './target.js';

const DAY_MS = 24 * 3_600_000;

/** Days are whole and UTC: `2026-10-01`. */
export type Day = string;

export const dayAfter = (day: Day, days = 1): Day => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** First and last day, both included. */
export interface Days {
  readonly from: Day;
  readonly to: Day;
}

export const stretchOf = ({ from, to }: Days): Stretch => `${from}~${to}`;

export function daysOf(stretch: string): Days {
  const [, from, to] = /^(\d{4}-\d{2}-\d{2})~(\d{4}-\d{2}-\d{2})$/.exec(stretch) ?? [];
  if (!from || !to) throw new Error(`the state table holds a stretch that is none: ${JSON.stringify(stretch)}`);
  return { from, to };
}

const overlap = (a: Days, b: Days): boolean => a.from <= b.to && b.from <= a.to;

/** What of the days wanted no stretch covers yet, in the order of time. */
export function missingDays(wanted: Days, covered: readonly Days[]): Days[] {
  let { from } = wanted;
  const missing: Days[] = [];
  for (const each of [...covered].filter((one) => overlap(one, wanted)).sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (from < each.from) missing.push({ from, to: dayAfter(each.from, -1) });
    if (each.to >= from) from = dayAfter(each.to);
  }
  return from <= wanted.to ? [...missing, { from, to: wanted.to }] : missing;
}

/** Whether what was published is the stretch's end. */
const isClosed = (days: Days, published: number | null): boolean => published !== null && published >= pastSequence(endOf(days));

const endOf = (days: Days): PastStep => ({ stretch: stretchOf(days), at: `${dayAfter(days.to)}T00:00:00.000Z`, sha256: null });

/** A stretch to fill, or to go on with. */
export interface Part {
  readonly days: Days;
  /** Begun by an earlier call, and not ended. */
  readonly resumed: boolean;
  /** What is left to publish, in the order of time. */
  readonly versions: readonly PastVersion[];
}

export interface Plan {
  readonly wanted: Days;
  /** Days of it that earlier backfills have published. */
  readonly done: readonly Days[];
  readonly parts: readonly Part[];
}

/** The stretches of a source that were begun, and how far each has come: items `past#SOURCE` and `source#CHAIN` of the state table. */
export class PastState {
  private readonly table: string;

  constructor(
    private readonly source: string,
    private readonly lake: Target,
  ) {
    this.table = physicalName(lake.identity, 'state');
  }

  async stretches(): Promise<Days[]> {
    const { Item } = await this.lake.dynamo.send(new GetItemCommand({ TableName: this.table, Key: { pk: { S: `past#${this.source}` } }, ConsistentRead: true }));
    return (Item?.stretches?.SS ?? []).map(daysOf);
  }

  /** The `sequence` that a stretch has published last; null where none. */
  async published(days: Days): Promise<number | null> {
    const Key = { pk: { S: `source#${chainOf(this.source, stretchOf(days))}` } };
    const { Item } = await this.lake.dynamo.send(new GetItemCommand({ TableName: this.table, Key, ConsistentRead: true }));
    const sequence = Item?.currentSnapshot?.M?.sequence?.N;
    return sequence === undefined ? null : Number(sequence);
  }

  async begin(days: Days): Promise<void> {
    await this.lake.dynamo.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: { S: `past#${this.source}` } },
        UpdateExpression: 'ADD stretches :one',
        ExpressionAttributeValues: { ':one': { SS: [stretchOf(days)] } },
      }),
    );
  }
}

const askPast = <T>(question: object, what: string, lake: Target) => invokeFunction<T>('ingest', question, what, lake);

const versionsOf = async (source: string, { from, to }: Days, lake: Target): Promise<readonly PastVersion[]> =>
  (await askPast<{ versions: PastVersion[] }>({ past: 'versions', source, from, to }, `listing the past of ${source}`, lake)).versions;

/** Bodies of a source's versions, each fetched once, whoever asks first. */
export class Bodies {
  private readonly asked = new Map<string, Promise<KeptBody | LostBody>>();

  constructor(
    private readonly source: string,
    readonly lake: Target,
  ) {}

  of(version: string): Promise<KeptBody | LostBody> {
    const known = this.asked.get(version);
    if (known) return known;
    const body = askPast<KeptBody | LostBody>({ past: 'body', source: this.source, version }, `fetching version ${version} of ${this.source}`, this.lake);
    // Asked for ahead, it is awaited in its turn.
    body.catch(() => undefined);
    this.asked.set(version, body);
    return body;
  }
}

/** What a backfill has to do: what no earlier one has published, and what one has begun. */
export async function planOf(source: string, wanted: Days, lake: Target): Promise<Plan> {
  const state = new PastState(source, lake);
  const known = await state.stretches();
  const done: Days[] = [];
  const parts: Part[] = [];
  for (const days of known.filter((each) => overlap(each, wanted))) {
    const published = await state.published(days);
    if (isClosed(days, published)) done.push(days);
    else {
      const versions = await versionsOf(source, days, lake);
      parts.push({ days, resumed: true, versions: versions.filter(({ at }) => published === null || pastSequence({ at, sha256: '' }) > published) });
    }
  }
  for (const days of missingDays(wanted, known)) {
    const versions = await versionsOf(source, days, lake);
    if (versions.length > 0) parts.push({ days, resumed: false, versions });
  }
  return { wanted, done, parts: parts.sort((a, b) => (a.days.from < b.days.from ? -1 : 1)) };
}

/** What came of one version, or of the end of a stretch. */
export interface Published {
  readonly days: Days;
  readonly at: string;
  /** Null where the version could not be had. */
  readonly check: SourceCheck | null;
  /** Why the version was left out; null where it was published. */
  readonly leftOut: string | null;
}

/**
 * Fills a part: bodies are fetched `concurrency` at a time ahead of what is published, in the order of time, each version
 * against the one before it. A version that its publisher has no more, or whose body is refused, is left out.
 *
 * @throws CliError where one could not be fetched or sent: the same call goes on there
 */
export async function fill(source: string, part: Part, concurrency: number, bodies: Bodies, tell: (published: Published) => void): Promise<void> {
  const { days, versions } = part;
  const { lake } = bodies;
  const stretch = stretchOf(days);
  await new PastState(source, lake).begin(days);
  const publish = async (step: PastStep) => {
    const check = await invokeIngest({ event: 'backfill', source, step }, lake);
    if (check.outcome === 'skipped' || check.outcome === 'failed') throw new CliError(`${source} as of ${step.at}: ${check.reason}; the same command goes on where it stopped`);
    tell({ days, at: step.at, check, leftOut: check.outcome === 'refused' ? check.reason : null });
  };
  for (const [i, { version, at }] of versions.entries()) {
    for (const ahead of versions.slice(i, i + concurrency)) bodies.of(ahead.version);
    const body = await bodies.of(version);
    if ('sha256' in body) await publish({ stretch, at, sha256: body.sha256 });
    else tell({ days, at, check: null, leftOut: body.lost });
  }
  await publish(endOf(days));
}
