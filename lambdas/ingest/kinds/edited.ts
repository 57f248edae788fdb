import { join } from 'node:path';
import type { OperatorSource } from '../../../contracts/index.js';
import { BadEdit } from '../../../contracts/reading.js';
import { type Gathered, ownBody } from '../landing/body.js';
import { landingKeys, textOf } from '../landing/store.js';
import type { Checkpoint } from '../state/state.js';
import type { Work } from './kind.js';

/** The last body as an edit leaves it, or as time does. */
export async function edited(checkpoint: Checkpoint | null, { deps, event, folder, startedAt }: Work<OperatorSource>): Promise<Gathered> {
  const { source, landing, reader } = deps;
  if (reader.edit === undefined) throw new Error(`the reader of source ${source.name} takes no edits by hand`);
  const current = checkpoint === null ? null : await textOf(await landing.get(landingKeys.body(source.name, checkpoint.bodySha256)));
  try {
    const body = reader.edit(current, event.event === 'edit' ? event.edit : null, startedAt);
    return await ownBody(body, join(folder, 'edited.gz'));
  } catch (cause) {
    if (cause instanceof BadEdit) return { kind: 'failed', status: null, reason: cause.message };
    throw cause;
  }
}
