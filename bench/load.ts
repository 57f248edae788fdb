import { kafkaProducer } from '../lambdas/shared/kafka.js';
import type { OutgoingRecord } from '../lambdas/shared/producer.js';

export interface LoadOptions {
  readonly bootstrapServers: string;
  readonly perSecond: number;
  readonly keys: number;
  readonly seconds: number;
  /** Called with each send's highest sequence, once it is acknowledged. */
  readonly onAcknowledged?: (sequence: number, at: number) => void;
  readonly firstSequence?: number;
}

/** One harmful_domains record of the load; key `sequence % keys`, so that every key changes over time. */
export function loadRecord(
  sequence: number,
  keys: number,
  observedAt: Date,
): OutgoingRecord & { readonly key: string; readonly value: string; readonly headers: Readonly<Record<string, string>> } {
  const name = `host${sequence % keys}.load.example`;
  const value = {
    source: 'load',
    entry_type: 'domain',
    name,
    scope: 'exact',
    action: 'block',
    event: Math.floor(sequence / keys) % 2 === 0 ? 'listed' : 'delisted',
    sequence: sequence + 1,
    category: 'load',
    observed_at: observedAt.toISOString(),
    line: sequence,
  };
  return {
    key: JSON.stringify(['load', 'domain', name, 'exact', 'block', sequence + 1]),
    value: JSON.stringify(value),
    headers: { 'sluice-schema': '3', 'sluice-source': 'load', 'sluice-run': 'load' },
  };
}

/** Sends records at a steady rate, ten sends a second; bounded by its duration. */
export async function generateLoad({ bootstrapServers, perSecond, keys, seconds, onAcknowledged, firstSequence = 0 }: LoadOptions): Promise<number> {
  const producer = kafkaProducer({ bootstrapServers, auth: 'none', region: 'us-east-1' });
  const perTick = Math.max(1, Math.round(perSecond / 10));
  const began = Date.now();
  let sequence = firstSequence;
  try {
    for (let tick = 0; tick < seconds * 10; tick++) {
      const due = began + tick * 100;
      const wait = due - Date.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const now = new Date();
      const records = Array.from({ length: perTick }, (_, i) => loadRecord(sequence + i, keys, now));
      sequence += perTick;
      await producer.send('harmful_domains', records);
      onAcknowledged?.(sequence, Date.now());
    }
  } finally {
    await producer.close();
  }
  return sequence - firstSequence;
}
