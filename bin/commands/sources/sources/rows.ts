import type { HttpSource } from '../../../../contracts/index.js';
import { STATUS_OF_SOURCES } from '../../../../datasets/source_checks/contract.js';
import { runQuery } from '../../../lake/athena.js';
import { isOnAt } from '../../../lake/sources.js';
import { target } from '../../../lake/target.js';
import { say } from '../../../output.js';

/** How a source's checks went. */
export interface CheckStatus {
  readonly lastCheck: string | null;
  readonly outcome: string | null;
  readonly lastGood: string | null;
  readonly entries: number | null;
}

/** How each source's checks went; empty where no lake answers: the list of sources needs none. */
export async function statuses(stage: string): Promise<Map<string, CheckStatus>> {
  try {
    const { rows } = await runQuery(`SELECT source, last_check_at, last_outcome, last_good_at, entries FROM ${STATUS_OF_SOURCES}`, target(stage), 60_000);
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

/** Why a source is off by default: its key, its terms, or what the contract says. */
function whyOff({ enabled, key, commercialUse, offBecause }: HttpSource): string | null {
  if (enabled) return null;
  return [key && 'asks for a key', !commercialUse && 'not for every business', offBecause].filter(Boolean).join('; ');
}

export type SourceRow = ReturnType<typeof rowOf>;

/** What `sluice sources --json` says of a source. */
export function rowOf(dataset: string, source: HttpSource, stage: string, status: CheckStatus | undefined) {
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
