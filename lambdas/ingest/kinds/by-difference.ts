import { join } from 'node:path';
import type { Reader } from '../../../contracts/reading.js';
import { pastSequence } from '../backfill/past.js';
import { refusalOf } from '../bounds.js';
import { type Body, bytesOf, notABody } from '../landing/body.js';
import { landingKeys } from '../landing/store.js';
import { type Difference, nextSnapshot, noDifference, sameContent } from '../snapshot/difference.js';
import { readChanged, readLines, readSnapshot, writePieces } from '../snapshot/file.js';
import { decodeRow } from '../snapshot/row.js';
import type { Checkpoint } from '../state/state.js';
import type { Changes, Kind, Work } from './kind.js';

/** Bodies that are whole: what they change is their difference to the last one. */
export const byDifference: Pick<Kind, 'changes' | 'rows'> = { changes, rows };

async function changes(body: Body, checkpoint: Checkpoint | null, reader: Reader, work: Work): Promise<Changes> {
  const { event, deps, lease, runId } = work;
  const { source, landing } = deps;
  if (body.sha256 === checkpoint?.bodySha256 && event.event !== 'reparse') return { outcome: 'unchanged', reason: null, told: null, difference: null, next: null };
  if (!event.dryRun) await landing.put(landingKeys.body(source.name, body.sha256), body.file);
  await lease.keep();

  const sequence = event.event === 'backfill' ? pastSequence(event.step) : (checkpoint?.sequence ?? 0) + 1;
  const file = join(work.folder, 'snapshot.gz');
  const { told, difference } = await writeSnapshot(body, checkpoint, sequence, file, reader, work);
  const trusted = event.event === 'release' || source.kind === 'operator' || (event.event === 'backfill' && event.step.sha256 === null);
  const untrusted = async () => (await notABody(body.file, source.kind === 'document' && source.format === 'xml')) ?? refusalOf(source, told, difference);
  // What cannot be read at all, nobody can release either.
  const reason = told.unreadable ?? (trusted ? null : await untrusted());
  if (reason !== null) {
    if (!event.dryRun) await landing.put(landingKeys.refused(source.name, body.sha256), body.file);
    return { outcome: 'refused', reason, told, difference, next: null };
  }
  const none = difference.added + difference.changed + difference.gone === 0;
  if (event.event === 'reparse' && none) return { outcome: 'unchanged', reason: null, told, difference, next: null };
  const key = landingKeys.snapshot(lease.subject, sequence, runId);
  if (!event.dryRun) await landing.put(key, file);
  await lease.keep();
  const next = event.dryRun ? null : { key, sequence, bodySha256: body.sha256, etag: body.etag, lastModified: body.lastModified };
  return { outcome: 'changed', reason: null, told, difference, next };
}

async function writeSnapshot(body: Body, checkpoint: Checkpoint | null, sequence: number, file: string, reader: Reader, { deps, event, folder, startedAt }: Work) {
  const { dataset, source, state, landing } = deps;
  const keptOf = async (name: string) => {
    const ref = name === source.name ? checkpoint : await state.current(name);
    return ref === null ? null : readSnapshot(landing, ref.key, reader.former);
  };
  const reading = await reader.read(() => bytesOf(body.file), { source, folder, kept: keptOf });
  const difference: Difference = noDifference();
  const stamp = { sequence, observedAt: event.event === 'backfill' ? Date.parse(event.step.at) : startedAt.getTime() };
  const contents = {
    same: sameContent(dataset.record.content),
    restated: (before: string, after: string) => reader.restated?.(source, before, after) ?? after,
    decode: (line: string) => decodeRow(line, checkpoint?.key ?? '', reader.former),
  };
  const previous = checkpoint === null ? none() : readLines(landing, checkpoint.key);
  await writePieces(nextSnapshot(previous, reading.rows(), stamp, contents, difference), file);
  return { told: reading.told(), difference };
}

function rows({ key, sequence }: Pick<Checkpoint, 'key' | 'sequence'>, what: 'difference' | 'whole', { former }: Reader, { deps }: Pick<Work, 'deps'>) {
  return what === 'whole' ? readSnapshot(deps.landing, key, former) : readChanged(deps.landing, key, sequence, former);
}

async function* none(): AsyncGenerator<never> {}
