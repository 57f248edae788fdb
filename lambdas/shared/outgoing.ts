import type { Dataset } from '../../contracts/index.js';
import { protectPersonal } from '../../contracts/personal.js';
import type { OperationKind, OperationState } from '../../datasets/operations/contract.js';
import type { OutgoingRecord } from './producer.js';

export interface RecordOrigin {
  /** Header `sluice-source`. */
  readonly source: string;
  /** Header `sluice-run`. */
  readonly runId: string;
  /** Header `sluice-snapshot`. @default - none */
  readonly snapshot?: string;
}

export const headersOf = (dataset: Dataset, { source, runId, snapshot }: RecordOrigin): Record<string, string> => ({
  'sluice-schema': String(dataset.version),
  'sluice-source': source,
  'sluice-run': runId,
  ...(snapshot === undefined ? {} : { 'sluice-snapshot': snapshot }),
});

/** A record as the wire has it: JSON, keyed by the contract's key, personal fields protected before Kafka, never after. */
export function outgoing(dataset: Dataset, value: Record<string, unknown>, headers: Record<string, string>, personalSecret: () => string): OutgoingRecord {
  const safe = protectPersonal(dataset, value, personalSecret);
  return { key: JSON.stringify(dataset.record.key.map((field) => safe[field] ?? null)), value: JSON.stringify(safe), headers };
}

/** A record of what the lakehouse did to itself; the contract `operations` describes the fields. */
export interface Operation {
  readonly kind: OperationKind;
  readonly subject: string;
  readonly run_id: string;
  readonly source: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly state: OperationState;
  readonly summary: string;
  /** Becomes JSON. */
  readonly details: Readonly<Record<string, unknown>>;
}

const noSecret = (): string => {
  throw new Error('operations hold no personal field');
};

export const operationRecord = (operations: Dataset, { details, ...operation }: Operation): OutgoingRecord =>
  outgoing(operations, { ...operation, details: JSON.stringify(details) }, headersOf(operations, { source: operation.source, runId: operation.run_id }), noSecret);

/** A part of a run and how long it took. */
export interface Step {
  readonly name: string;
  readonly ms: number;
}
