import { CliError, EXIT } from '../../../output.js';

/** Which records are sent again. */
export interface Choice {
  readonly from: string;
  readonly partition?: string;
  readonly offsets?: string;
  readonly since?: string;
  readonly until?: string;
  readonly rule?: string;
}

function instant(text: string, option: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new CliError(`${option} ${text}: not a time; for example 2026-11-01T00:00:00Z`, EXIT.misuse);
  return `from_iso8601_timestamp('${new Date(time).toISOString()}')`;
}

/** What to send again, as SQL conditions. @throws CliError naming the option that is wrong */
export function conditions({ from, partition, offsets, since, until, rule }: Choice): string[] {
  const found: string[] = [];
  if (partition !== undefined) {
    if (!/^\d+$/.test(partition)) throw new CliError(`--partition ${partition}: not a partition`, EXIT.misuse);
    found.push(`"partition" = ${partition}`);
  }
  if (offsets !== undefined) {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(offsets) ?? [];
    if (first === undefined || last === undefined || Number(first) > Number(last)) throw new CliError(`--offsets ${offsets}: not a range; for example 100-200`, EXIT.misuse);
    if (partition === undefined) throw new CliError('--offsets are of a partition: --partition 0', EXIT.misuse);
    found.push(`"offset" BETWEEN ${first} AND ${last}`);
  }
  if (since !== undefined) found.push(`kafka_timestamp >= ${instant(since, '--since')}`);
  if (until !== undefined) found.push(`kafka_timestamp < ${instant(until, '--until')}`);
  if (rule !== undefined) {
    if (from !== 'quarantine') throw new CliError('--rule chooses from quarantine: --from quarantine', EXIT.misuse);
    if (!/^[a-z][a-z0-9_]*$/.test(rule)) throw new CliError(`--rule ${rule}: not the name of a rule`, EXIT.misuse);
    found.push(`rule = '${rule}'`);
  }
  if (from === 'bronze' && found.length === 0) throw new CliError('all of Bronze is a rebuild: choose with --partition, --offsets, --since or --until', EXIT.misuse);
  return found;
}
