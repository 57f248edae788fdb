import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, gzipSync } from 'node:zlib';
import type { Dataset, ListSource } from '../../contracts/index.js';
import type { OperationState } from '../../contracts/operations.js';
import { parseBody } from '../shared/formats/index.js';
import { type EmitEntry, MAX_REJECT_SAMPLES, type ParseReport } from '../shared/formats/parsed.js';
import { headersOf, operationRecord, outgoing, type Step } from '../shared/outgoing.js';
import { type OutgoingRecord, type Producer, sendAll } from '../shared/producer.js';
import type { Part, Published, PublishedRuns } from '../shared/published.js';
import { type Difference, encodeEntry, type Listing, nextSnapshot, type SnapshotEntry } from '../shared/snapshot.js';
import type { Fetch, FetchResult } from './fetch.js';
import { hostKnowledge, sharedHosts } from './host-knowledge.js';
import { BadEdit, checkEdit, editList, type OperatorEdit } from './operator.js';
import { chainOf, type PastStep, pastSequence } from './past.js';
import { recordOf } from './record.js';
import { type FetchTarget, MissingKey } from './request.js';
import { ListRules } from './resolve.js';
import { nothingTold } from './rows-of-name.js';
import { SortedListings } from './sorted-listings.js';
import { LeaseLostError, type SnapshotRef, type SourceState, type SourceStateStore } from './state.js';
import { type LandingStore, landingKeys, snapshotEntries, textOf } from './store.js';

export interface IngestEvent {
  readonly source: string;
  /** Called by a schedule or a flow: a source that an operator paused is then left alone. */
  readonly scheduled?: boolean;
  /** Publish the whole list even if it was published less than a day ago. */
  readonly whole?: boolean;
  /** Fetch, parse and compare, but store and send nothing. */
  readonly dryRun?: boolean;
  /** Accept the refused body of this sha256, kept aside, instead of fetching: somebody looked at it. */
  readonly release?: string;
  /** Parse the kept body of the current snapshot again: the parser has changed. */
  readonly replay?: boolean;
  /** A change of the operator's own list. */
  readonly edit?: OperatorEdit;
  /** A version of the source's past instead of its list of today: a step of a backfill. */
  readonly past?: PastStep;
}

export interface IngestDeps {
  readonly dataset: Dataset;
  readonly source: ListSource;
  /** The dataset that `source_checks` records go to. */
  readonly checks: Dataset;
  /** The dataset that tells of runs. */
  readonly operations: Dataset;
  /** Where the source is fetched from: its URL with its key, or the recorded feed's. Not asked of the operator's list. */
  readonly target: () => Promise<FetchTarget>;
  readonly clock: () => Date;
  readonly newId: () => string;
  readonly state: SourceStateStore;
  /** What was sent and not seen in Bronze yet. */
  readonly published: PublishedRuns;
  readonly landing: LandingStore;
  readonly fetch: Fetch;
  readonly producer: Producer;
  /** A folder for bodies and snapshots on their way. */
  readonly temporaryFolder: string;
  /** Key of the HMAC for personal fields; asked only where the contract hashes one. */
  readonly personalSecret: () => string;
}

export type CheckOutcome = 'changed' | 'unchanged' | 'not_modified' | 'refused' | 'failed' | 'skipped';

/** A `source_checks` record; the contract describes the fields. */
export interface SourceCheck {
  source: string;
  run_id: string;
  started_at: string;
  finished_at: string;
  outcome: CheckOutcome;
  reason: string | null;
  http_status: number | null;
  body_sha256: string | null;
  body_bytes: number | null;
  sequence: number | null;
  lines: number | null;
  comments: number | null;
  boilerplate: number | null;
  entries: number | null;
  domains: number | null;
  ips: number | null;
  urls: number | null;
  allowed: number | null;
  narrowed: number | null;
  unknown_top_levels: number | null;
  duplicates: number | null;
  cancelled: number | null;
  rejects: number | null;
  exceptions_refused: number | null;
  ignored: number | null;
  reject_samples: string[] | null;
  listed: number | null;
  delisted: number | null;
  produced: number;
  whole: boolean;
}

const LEASE_MS = 120_000;
const RENEW_AFTER_MS = 30_000;
const WHOLE_EVERY_MS = 24 * 3600 * 1000;

const GOOD: ReadonlySet<CheckOutcome> = new Set(['changed', 'unchanged', 'not_modified']);
/** Whether an outcome proves the source alive and its list believed. */
export const isGood = (outcome: CheckOutcome): boolean => GOOD.has(outcome);
const RUN_STATES: Readonly<Record<CheckOutcome, OperationState>> = {
  changed: 'ok',
  unchanged: 'ok',
  not_modified: 'ok',
  refused: 'degraded',
  failed: 'failed',
  skipped: 'skipped',
};

/**
 * One check of one source: the body first, then the snapshot, then its differences to Kafka, the state last.
 *
 * A run that dies anywhere can repeat a difference, never lose one: `pending` is set before the first record goes out
 * and the next run publishes it first. What the source does wrong is an outcome of the check; what our own services do
 * wrong (S3, DynamoDB, Kafka) throws, so that the platform retries.
 */
export async function run(event: IngestEvent, deps: IngestDeps): Promise<SourceCheck> {
  return new Run(event, deps).execute();
}

class Run {
  private readonly runId: string;
  private readonly check: SourceCheck;
  /** Whose state and snapshots: the source's, or those of a stretch of its past, which are kept apart. */
  private readonly chain: string;
  private leaseAt = 0;
  private readonly steps: Step[] = [];
  /** What this run has sent. */
  private sent: Published | null = null;
  /** Runs whose records this one has sent again. */
  private readonly healed: string[] = [];

  constructor(
    private readonly event: IngestEvent,
    private readonly deps: IngestDeps,
  ) {
    this.runId = deps.newId();
    this.chain = event.past === undefined ? deps.source.name : chainOf(deps.source.name, event.past.stretch);
    const now = deps.clock().toISOString();
    this.check = {
      source: deps.source.name,
      run_id: this.runId,
      started_at: now,
      finished_at: now,
      outcome: 'failed',
      reason: null,
      http_status: null,
      body_sha256: null,
      body_bytes: null,
      sequence: null,
      lines: null,
      comments: null,
      boilerplate: null,
      entries: null,
      domains: null,
      ips: null,
      urls: null,
      allowed: null,
      narrowed: null,
      unknown_top_levels: null,
      duplicates: null,
      cancelled: null,
      rejects: null,
      exceptions_refused: null,
      ignored: null,
      reject_samples: null,
      listed: null,
      delisted: null,
      produced: 0,
      whole: false,
    };
  }

  async execute(): Promise<SourceCheck> {
    const { state, source } = this.deps;
    const { past } = this.event;
    this.leaseAt = this.deps.clock().getTime();
    const held = await state.acquire(this.chain, this.runId, this.leaseAt, LEASE_MS);
    if (held === null) {
      this.check.outcome = 'skipped';
      this.check.reason = `another run of ${past === undefined ? 'this source' : 'this backfill'} holds its lease`;
      return this.report();
    }
    const folder = await mkdtemp(join(this.deps.temporaryFolder, 'ingest-'));
    try {
      if (this.event.dryRun !== true && past === undefined) await this.heal();
      if (held.paused && this.event.scheduled === true) {
        this.check.outcome = 'skipped';
        this.check.reason = 'an operator paused the source';
      } else await this.underLease(held, folder);
      const check = await this.report();
      const { outcome, reason } = check;
      // What the past held says nothing of how the source does today.
      if (this.event.dryRun !== true && past === undefined && outcome !== 'skipped') {
        const at = Date.parse(check.started_at);
        await state.setChecked(source.name, this.runId, { at, outcome, reason, goodAt: isGood(outcome) ? at : null });
      }
      return check;
    } finally {
      await rm(folder, { recursive: true, force: true });
      await state.release(this.chain, this.runId);
    }
  }

  private async underLease(held: SourceState, folder: string): Promise<void> {
    const { source, state, clock } = this.deps;
    const dryRun = this.event.dryRun === true;
    const { past } = this.event;
    let current = held.current;
    if (held.pending !== null && !dryRun) {
      await this.publish(held.pending, 'difference');
      await state.promote(this.chain, this.runId, held.pending);
      // The first difference is the whole list.
      if (current === null) this.check.whole = true;
      current = held.pending;
    }
    this.check.sequence = current?.sequence ?? null;
    if (past !== undefined && current !== null && current.sequence >= pastSequence(past)) {
      this.check.outcome = 'unchanged';
      return;
    }

    for (const fetched of await this.step('fetch', () => this.bodies(current, held.notBefore, folder))) {
      const changed = await this.step('parse', () => this.judge(fetched, current, folder));
      if (changed === null || dryRun) continue;
      await state.setPending(this.chain, this.runId, changed);
      await this.publish(changed, 'difference');
      await state.promote(this.chain, this.runId, changed);
      this.check.sequence = changed.sequence;
      // The first difference is the whole list.
      if (current === null) this.check.whole = true;
      current = changed;
    }
    if (dryRun || past !== undefined || current === null) return;
    const now = clock().getTime();
    if (!this.check.whole && (this.event.whole === true || now - (held.wholeAt ?? 0) >= WHOLE_EVERY_MS)) {
      await this.publish(current, 'whole');
      this.check.whole = true;
    }
    if (this.check.whole) await state.setWholeAt(source.name, this.runId, now);
  }

  /** What this run has to judge: one answer of the source, or a body that is kept already, or the operator's list anew. */
  private async bodies(current: SnapshotRef | null, notBefore: number | null, folder: string): Promise<Fetched[]> {
    const { source, landing } = this.deps;
    const { release, replay, past } = this.event;
    const file = join(folder, 'body.gz');
    if (past !== undefined)
      return [past.sha256 === null ? await this.ownBody('', file) : await this.keptBody(landingKeys.body(source.name, sha256Of(past.sha256)), past.sha256, null, file)];
    if (release !== undefined) return [await this.keptBody(landingKeys.refused(source.name, sha256Of(release)), release, null, file)];
    if (replay === true) {
      if (current === null) return [{ kind: 'failed', status: null, reason: 'no body of this source was ever believed, so there is none to parse again', file }];
      return [await this.keptBody(landingKeys.body(source.name, current.bodySha256), current.bodySha256, current, file)];
    }
    if (source.kind === 'operator') {
      const text = current === null ? null : await textOf(await landing.get(landingKeys.body(source.name, current.bodySha256)));
      return this.operatorBodies(text, folder);
    }
    return [await this.fetched(current, notBefore, file)];
  }

  private async fetched(current: SnapshotRef | null, notBefore: number | null, file: string): Promise<Fetched> {
    const { state, source, fetch, clock } = this.deps;
    const now = clock().getTime();
    if (notBefore !== null && now < notBefore) return { kind: 'tooSoon', until: notBefore, file };
    let target: FetchTarget;
    try {
      target = await this.deps.target();
    } catch (cause) {
      if (cause instanceof MissingKey) return { kind: 'failed', status: null, reason: cause.message, file };
      throw cause;
    }
    const { url, headers, secrets, minIntervalMs } = target;
    // Before the request: a run that dies after it must not ask again at once.
    if (minIntervalMs > 0 && this.event.dryRun !== true) await state.setNotBefore(source.name, this.runId, now + minIntervalMs);
    const request = { url, headers, secrets, etag: current?.etag ?? null, lastModified: current?.lastModified ?? null, maxBytes: source.bounds.maxBytes, file };
    const fetched = await fetch(request);
    const asked = fetched.kind === 'failed' ? (fetched.retryAfterMs ?? 0) : 0;
    if (asked > minIntervalMs && this.event.dryRun !== true) await state.setNotBefore(source.name, this.runId, clock().getTime() + asked);
    return { ...fetched, file };
  }

  private async operatorBodies(current: string | null, folder: string): Promise<Fetched[]> {
    const now = this.deps.clock();
    let bodies: string[];
    try {
      bodies = editList(current, this.event.edit === undefined ? null : checkEdit(this.event.edit, now), now);
    } catch (cause) {
      if (cause instanceof BadEdit) return [{ kind: 'failed', status: null, reason: cause.message, file: '' }];
      throw cause;
    }
    return Promise.all(bodies.map((body, i) => this.ownBody(body, join(folder, `operator-${i}.gz`))));
  }

  /** A body that nobody was asked for. */
  private async ownBody(body: string, file: string): Promise<Fetched> {
    await writeFile(file, gzipSync(body));
    return { kind: 'body', status: 200, sha256: createHash('sha256').update(body).digest('hex'), bytes: Buffer.byteLength(body), etag: null, lastModified: null, file };
  }

  /** A body that is kept, as if it had been fetched. */
  private async keptBody(key: string, sha256: string, validators: Pick<SnapshotRef, 'etag' | 'lastModified'> | null, file: string): Promise<Fetched> {
    await pipeline(Readable.from(await this.deps.landing.get(key)), createWriteStream(file));
    return { kind: 'body', status: 200, sha256, bytes: null, etag: validators?.etag ?? null, lastModified: validators?.lastModified ?? null, file };
  }

  /** Decides what the answer means; stores body and snapshot where it changes something. */
  private async judge(fetched: Fetched, current: SnapshotRef | null, folder: string): Promise<SnapshotRef | null> {
    const { check } = this;
    if (fetched.kind === 'tooSoon') {
      check.outcome = 'skipped';
      check.reason = `the source asks not to be fetched before ${new Date(fetched.until).toISOString()}`;
      return null;
    }
    check.http_status = fetched.status;
    if (fetched.kind === 'failed') {
      check.outcome = 'failed';
      check.reason = fetched.reason;
      return null;
    }
    if (fetched.kind === 'notModified') {
      check.outcome = 'not_modified';
      return null;
    }
    check.body_sha256 = fetched.sha256;
    check.body_bytes = fetched.bytes;
    if (fetched.sha256 === current?.bodySha256 && this.event.replay !== true) {
      check.outcome = 'unchanged';
      return null;
    }
    const { landing, source } = this.deps;
    const { file } = fetched;
    const dryRun = this.event.dryRun === true;
    if (!dryRun) await landing.put(landingKeys.body(source.name, fetched.sha256), file);
    await this.keepLease();

    const rules = new ListRules(source.format, new SortedListings(folder));
    const report = await this.parse(file, current, rules);
    const { past } = this.event;
    const sequence = past === undefined ? (current?.sequence ?? 0) + 1 : pastSequence(past);
    const snapshotFile = join(folder, 'snapshot.gz');
    const difference: Difference = { listed: 0, delisted: 0 };
    const before = await this.writeSnapshot(current, this.counted(report, rules), sequence, snapshotFile, difference);
    check.listed = difference.listed;
    check.delisted = difference.delisted;
    const trusted = this.event.release !== undefined || past?.sha256 === null || source.kind === 'operator';
    const untrusted = async () => (await notAList(file)) ?? refusalOf(source, check, before, report.claimedEntries);
    // What cannot be read at all, nobody can release either.
    const refusal = report.refusal ?? rules.refusal(report) ?? (trusted ? null : await untrusted());
    if (refusal !== null) {
      check.outcome = 'refused';
      check.reason = refusal;
      if (!dryRun) await landing.put(landingKeys.refused(source.name, fetched.sha256), file);
      return null;
    }
    if (this.event.replay === true && difference.listed + difference.delisted === 0) {
      check.outcome = 'unchanged';
      return null;
    }
    check.outcome = 'changed';
    const key = landingKeys.snapshot(this.chain, sequence, this.runId);
    if (!dryRun) await landing.put(key, snapshotFile);
    await this.keepLease();
    return { key, sequence, bodySha256: fetched.sha256, etag: fetched.etag, lastModified: fetched.lastModified };
  }

  private async parse(file: string, current: SnapshotRef | null, rules: ListRules): Promise<ParseReport> {
    const { dataset, source, state } = this.deps;
    const body = () => createReadStream(file).pipe(createGunzip());
    const popular = source.role === 'popular';
    const top = source.kind === 'http' && source.top !== undefined ? { top: source.top } : {};
    const shared = await sharedHosts(source.format, body, () => hostKnowledge(dataset, current, state, (key) => this.read(key)));
    const emit: EmitEntry = (entry, line, { action = 'block', ...details }) => rules.add(entry, line, popular ? 'popular' : action, details);
    return parseBody(source.format, body(), emit, { ...top, ...shared });
  }

  /** The listings as they are, counted as they pass. */
  private *counted(report: ParseReport, rules: ListRules): Generator<readonly [key: string, listing: Listing]> {
    const blocked = { domain: 0, ip: 0, url: 0 };
    let allowed = 0;
    let distinct = 0;
    const { counts } = report;
    const told = nothingTold();
    for (const each of rules.entries(report, told)) {
      const [key] = each;
      distinct++;
      if (key.endsWith('\tallow')) allowed++;
      else blocked[key.slice(0, key.indexOf('\t')) as keyof typeof blocked]++;
      yield each;
    }
    Object.assign(this.check, {
      lines: counts.lines,
      comments: counts.comments,
      boilerplate: counts.boilerplate,
      entries: distinct - allowed,
      domains: blocked.domain,
      ips: blocked.ip,
      urls: blocked.url,
      allowed,
      narrowed: counts.narrowed,
      unknown_top_levels: counts.unknownTopLevel,
      duplicates: counts.accepted + told.made - distinct - told.cancelled - told.rejects,
      cancelled: told.cancelled,
      rejects: counts.rejects + told.rejects,
      exceptions_refused: counts.exceptionsRefused,
      ignored: counts.ignored,
      reject_samples: [...report.rejectSamples, ...told.rejectSamples].slice(0, MAX_REJECT_SAMPLES),
    });
  }

  /** @returns entries listed in the current snapshot */
  private async writeSnapshot(
    current: SnapshotRef | null,
    listings: Iterable<readonly [key: string, listing: Listing]>,
    sequence: number,
    file: string,
    difference: Difference,
  ): Promise<number> {
    let before = 0;
    const previous = current === null ? none() : this.read(current.key);
    async function* counted(): AsyncGenerator<SnapshotEntry> {
      for await (const entry of previous) {
        if (entry.event === 'listed') before++;
        yield entry;
      }
    }
    const stamp = { sequence, observedAt: Date.parse(this.event.past?.at ?? this.check.started_at) };
    const entries = nextSnapshot(counted(), listings, stamp, difference);
    await pipeline(Readable.from(encoded(entries), { objectMode: false }), createGzip({ level: 6 }), createWriteStream(file));
    return before;
  }

  private read(key: string): AsyncGenerator<SnapshotEntry> {
    return snapshotEntries(this.deps.landing, key);
  }

  /**
   * Sends again what the monitor found to be missing in Bronze: the same parts of the same snapshots, so the same records but for the
   * run. Also where the source is paused: nothing is fetched. What cannot be sent holds the source up no further; the monitor asks again.
   */
  private async heal(): Promise<void> {
    const { source, published } = this.deps;
    for (const owed of await published.of(source.name)) {
      if (owed.askedAt === null) continue;
      try {
        for (const { snapshot, sequence, what } of owed.parts) await this.publish({ key: snapshot, sequence }, what, owed.tries + 1);
        await published.remove(source.name, [owed.runId]);
        this.healed.push(owed.runId);
      } catch (cause) {
        if (cause instanceof LeaseLostError) throw cause;
        console.error(`the records of run ${owed.runId} could not be sent again`, cause);
        await published.change(source.name, { ...owed, tries: owed.tries + 1, askedAt: null });
      }
    }
  }

  /** Remembers what was acknowledged, until the monitor has seen it in Bronze. */
  private async remember(part: Part, produced: number, tries: number): Promise<void> {
    if (produced === 0) return;
    const { source, published, clock } = this.deps;
    const before = this.sent;
    this.sent = {
      runId: this.runId,
      at: clock().getTime(),
      produced: (before?.produced ?? 0) + produced,
      parts: [...(before?.parts ?? []), part],
      tries: Math.max(before?.tries ?? 0, tries),
      askedAt: null,
    };
    await published.put(source.name, this.sent);
  }

  /**
   * Sends a snapshot's differences (the entries that changed in it), or all of it.
   *
   * @param tries how often it was sent before because Bronze lacked it
   */
  private async publish(snapshot: Pick<SnapshotRef, 'key' | 'sequence'>, what: Part['what'], tries = 0): Promise<void> {
    const { dataset, source, personalSecret } = this.deps;
    const headers = headersOf(dataset, { source: source.name, runId: this.runId, snapshot: snapshot.key });
    const records = async function* (this: Run): AsyncGenerator<OutgoingRecord> {
      for await (const entry of this.read(snapshot.key)) {
        if (what === 'difference' && entry.sequence !== snapshot.sequence) continue;
        yield outgoing(dataset, recordOf(source, entry), headers, personalSecret);
      }
    };
    const produced = await this.step(tries > 0 ? 'heal' : 'publish', () => sendAll(this.deps.producer, dataset.name, records.call(this), () => this.keepLease()));
    this.check.produced += produced;
    await this.remember({ snapshot: snapshot.key, sequence: snapshot.sequence, what }, produced, tries);
  }

  /** Times a part of the run. */
  private async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.steps.push({ name, ms: Math.round(performance.now() - began) });
    }
  }

  private async keepLease(): Promise<void> {
    const now = this.deps.clock().getTime();
    if (now - this.leaseAt < RENEW_AFTER_MS) return;
    await this.deps.state.renew(this.chain, this.runId, now, LEASE_MS);
    this.leaseAt = now;
  }

  private async report(): Promise<SourceCheck> {
    const { checks, operations, producer, clock, source, personalSecret } = this.deps;
    const { check, runId } = this;
    const { past } = this.event;
    check.finished_at = clock().toISOString();
    if (this.event.dryRun === true) return check;
    if (past === undefined) await producer.send(checks.name, [outgoing(checks, { ...check }, headersOf(checks, { source: source.name, runId }), personalSecret)]);
    const { started_at, finished_at, outcome, reason, produced } = check;
    const run = operationRecord(operations, {
      kind: 'run',
      subject: past === undefined ? source.name : `backfill-${source.name}`,
      run_id: runId,
      source: past === undefined ? 'ingest' : 'backfill',
      started_at,
      finished_at,
      state: RUN_STATES[outcome],
      summary: reason === null ? outcome : `${outcome}: ${reason}`,
      details: {
        dataset: this.deps.dataset.name,
        outcome,
        produced,
        steps: this.steps,
        ...(this.healed.length === 0 ? {} : { healed: this.healed }),
        ...(past === undefined ? {} : { past: past.at }),
      },
    });
    await producer.send(operations.name, [run]);
    return check;
  }
}

/** A body to judge, or why there is none. `bytes` is null where nobody counted them. */
type Fetched = { readonly file: string } & (
  | Exclude<FetchResult, { kind: 'body' }>
  | (Omit<Extract<FetchResult, { kind: 'body' }>, 'bytes'> & { readonly bytes: number | null })
  | { readonly kind: 'tooSoon'; readonly until: number }
);

/** @throws Error where it is none */
function sha256Of(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`release: ${JSON.stringify(text.slice(0, 80))} is no sha256`);
  return text;
}

async function* none(): AsyncGenerator<SnapshotEntry> {}

/** Joined to chunks, so that the compressor is not called once per line. */
async function* encoded(entries: AsyncIterable<SnapshotEntry>): AsyncGenerator<string> {
  let chunk = '';
  for await (const entry of entries) {
    chunk += encodeEntry(entry);
    if (chunk.length >= 64 * 1024) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

/** What a body is by its first bytes, where that is no list; null where it may be one. */
export async function notAList(file: string): Promise<string | null> {
  for await (const chunk of createReadStream(file).pipe(createGunzip())) {
    const bytes = chunk as Buffer;
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return 'the body is UTF-16, lists are UTF-8';
    if (bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') return 'the body is a zip archive, which is not unpacked';
    const head = bytes.subarray(0, 512).toString('latin1').trimStart();
    return /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|\?xml)/i.test(head) ? 'the body is HTML' : null;
  }
  return 'the body is empty';
}

/** Why a body is not believed, or null. The last good version stays. */
function refusalOf({ bounds, format }: ListSource, check: SourceCheck, before: number, claimed: number | null): string | null {
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  const [entries, allowed, listed, delisted, duplicates, cancelled, rejects, ignored] = [
    check.entries,
    check.allowed,
    check.listed,
    check.delisted,
    check.duplicates,
    check.cancelled,
    check.rejects,
    check.ignored,
  ].map((value) => value ?? 0) as [number, number, number, number, number, number, number, number];
  const accepted = entries + allowed + duplicates + cancelled + ignored;
  const rows = accepted + rejects;
  if (rows > 0 && accepted < rows * bounds.minValid)
    return `${accepted} of ${rows} rows are ${format}, the contract asks for ${percent(bounds.minValid)}: has the list changed its format?`;
  if (entries < bounds.minEntries) return `${entries} entries, the contract asks for ${bounds.minEntries} at least`;
  if (claimed !== null && claimed !== rows) return `its last line claims ${claimed} entries, it holds ${rows}: the body was cut or changed`;
  if (before > 0 && delisted > before * bounds.maxShrink) return `${delisted} of ${before} entries would go, the contract allows ${percent(bounds.maxShrink)}`;
  if (before > 0 && listed > before * bounds.maxGrowth) return `${listed} entries would come to ${before}, the contract allows ${bounds.maxGrowth} times as many`;
  return null;
}
