import type { KeptBody, LostBody } from '../../../../lambdas/ingest/backfill/past.js';
import { invokeFunction } from '../../../lake/invoke.js';
import type { Target } from '../../../lake/target.js';

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
    const body = invokeFunction<KeptBody | LostBody>('ingest', { past: 'body', source: this.source, version }, `fetching version ${version} of ${this.source}`, this.lake);
    // Asked for ahead, it is awaited in its turn.
    body.catch(() => undefined);
    this.asked.set(version, body);
    return body;
  }
}
