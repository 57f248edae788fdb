import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';

/** Calls that only read; every other one writes. */
const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan'] as const;
export type TableCall = (typeof READS)[number] | 'PutItem' | 'UpdateItem' | 'DeleteItem';

/**
 * Grants calls on a table, and with them what they need of its key: DynamoDB uses a key of ours in the name of whoever
 * calls (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html), and the table's own
 * `grant` gives none of it. Nothing else in this project grants on a table.
 */
export function grantTable(table: ITable, grantee: IGrantable, ...calls: readonly TableCall[]): void {
  table.grant(grantee, ...calls.map((call) => `dynamodb:${call}`));
  const onlyReads = calls.every((call) => (READS as readonly string[]).includes(call));
  if (onlyReads) table.encryptionKey?.grantDecrypt(grantee);
  else table.encryptionKey?.grantEncryptDecrypt(grantee);
}
