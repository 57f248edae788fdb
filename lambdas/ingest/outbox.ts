import { headersOf, outgoing } from '../shared/outgoing.js';
import { type OutgoingRecord, sendAll } from '../shared/producer.js';
import type { Part, Published } from '../shared/published.js';
import { kindOf } from './kinds/index.js';
import type { ChangeSet, Work } from './kinds/kind.js';
import { LeaseLostError } from './state/state.js';
import type { Steps } from './steps.js';

/** What a run sends, and what is remembered of it until the monitor has seen it in Bronze. */
export class Outbox {
  private sent: Published | null = null;

  constructor(
    private readonly work: Work,
    private readonly steps: Steps,
  ) {}

  /** Records acknowledged so far, repeats included. */
  get produced(): number {
    return this.sent?.produced ?? 0;
  }

  /**
   * Sends the rows that changed in a set of changes, or all of them.
   *
   * @param tries how often it was sent before because Bronze lacked it
   */
  async publish(changes: ChangeSet, what: Part['what'], tries = 0): Promise<void> {
    const { work } = this;
    const { dataset, source, reader, producer, personalSecret } = work.deps;
    const headers = headersOf(dataset, { source: source.name, runId: work.runId, snapshot: changes.key });
    async function* records(): AsyncGenerator<OutgoingRecord> {
      for await (const row of kindOf(source).rows(changes, what, reader, work)) yield outgoing(dataset, reader.record(source, row), headers, personalSecret);
    }
    const produced = await this.steps.time(tries > 0 ? 'heal' : 'publish', () => sendAll(producer, dataset.name, records(), () => work.lease.keep()));
    await this.remember({ snapshot: changes.key, sequence: changes.sequence, what }, produced, tries);
  }

  /**
   * Sends again what the monitor found to be missing in Bronze: the same parts of the same snapshots, so the same records but for the
   * run. What cannot be sent holds the source up no further; the monitor asks again.
   *
   * @returns runs whose records were sent again
   */
  async heal(): Promise<readonly string[]> {
    const { source, published } = this.work.deps;
    const healed: string[] = [];
    for (const owed of await published.of(source.name)) {
      if (owed.askedAt === null) continue;
      try {
        for (const { snapshot, sequence, what } of owed.parts) await this.publish({ key: snapshot, sequence }, what, owed.tries + 1);
        await published.remove(source.name, [owed.runId]);
        healed.push(owed.runId);
      } catch (cause) {
        if (cause instanceof LeaseLostError) throw cause;
        console.error(`the records of run ${owed.runId} could not be sent again`, cause);
        await published.change(source.name, { ...owed, tries: owed.tries + 1, askedAt: null });
      }
    }
    return healed;
  }

  private async remember(part: Part, produced: number, tries: number): Promise<void> {
    if (produced === 0) return;
    const { deps, runId } = this.work;
    const before = this.sent;
    this.sent = {
      runId,
      at: deps.clock().getTime(),
      produced: (before?.produced ?? 0) + produced,
      parts: [...(before?.parts ?? []), part],
      tries: Math.max(before?.tries ?? 0, tries),
      askedAt: null,
    };
    await deps.published.put(deps.source.name, this.sent);
  }
}
