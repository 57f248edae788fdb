import { createHmac } from 'node:crypto';
import type { Dataset } from './dataset.js';

type Field = Dataset['record']['fields'][string];
const PERSONAL = new WeakMap<Dataset, readonly (readonly [string, Field])[]>();

/** Found once: it is asked for each record. */
function personalFields(dataset: Dataset): readonly (readonly [string, Field])[] {
  let found = PERSONAL.get(dataset);
  if (found === undefined) {
    found = Object.entries(dataset.record.fields).filter(([, { pii }]) => pii !== undefined);
    PERSONAL.set(dataset, found);
  }
  return found;
}

/**
 * Applies the contract's treatment of personal fields. Runs before Kafka, never after: what was never sent needs no erasing.
 *
 * @param secret gives the key of the HMAC (asked only where a field is hashed), so that hashes cannot be looked up in a table of likely values
 */
export function protectPersonal<T extends Readonly<Record<string, unknown>>>(dataset: Dataset, record: T, secret: () => string): Record<string, unknown> {
  const personal = personalFields(dataset);
  if (personal.length === 0) return record;
  const out: Record<string, unknown> = { ...record };
  for (const [name, field] of personal) {
    const value = out[name];
    if (value === null || value === undefined) continue;
    if (field.pii === 'drop') delete out[name];
    else if (field.pii === 'hash') out[name] = createHmac('sha256', secret()).update(String(value)).digest('hex');
    else out[name] = truncate(String(value));
  }
  return out;
}

/** Keeps what locates a group, not a person: an IPv4's /24, an IPv6's /48, else the first three characters. */
function truncate(value: string): string {
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(value);
  if (v4) return `${v4[1]}.0`;
  if (value.includes(':')) return `${value.split(':').slice(0, 3).join(':')}::`;
  return value.slice(0, 3);
}
