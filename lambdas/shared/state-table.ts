import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** Attributes by name, as they were written: texts, numbers, booleans, lists and objects. */
export type StateItem = Readonly<Record<string, unknown>>;

/** What is written to an item, in DynamoDB's own words. */
export interface StateChange {
  /** `SET a = :a REMOVE b`. */
  readonly expression: string;
  /** Values by placeholder: `:a`. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Names by placeholder, for those that an expression cannot hold: `#a`. */
  readonly names?: Readonly<Record<string, string>>;
}

/** The item of a source, or of a stretch of its past: what its last checks came to. */
export const sourceKey = (source: string): string => `source#${source}`;

/** The item of what backfills of a source have begun: its stretches. */
export const pastKey = (source: string): string => `past#${source}`;

/** The state table: an item for each thing that has state, key `pk` = `KIND#NAME`. */
export class StateTable {
  private readonly client: DynamoDBDocumentClient;

  constructor(
    client: DynamoDBClient,
    private readonly TableName: string,
  ) {
    this.client = DynamoDBDocumentClient.from(client);
  }

  /** An item as it was last written; empty where there is none. */
  async item(pk: string): Promise<StateItem> {
    const { Item = {} } = await this.client.send(new GetCommand({ TableName: this.TableName, Key: { pk }, ConsistentRead: true }));
    return Item;
  }

  /** Writes to an item, which is made where it is not there. @returns it, as it then is */
  update(pk: string, change: StateChange): Promise<StateItem> {
    return this.write(pk, change);
  }

  /** As {@link update}, and only where the condition holds; null where it does not. */
  async updateIf(pk: string, condition: string, change: StateChange): Promise<StateItem | null> {
    try {
      return await this.write(pk, change, condition);
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return null;
      throw cause;
    }
  }

  private async write(pk: string, { expression, values, names }: StateChange, condition?: string): Promise<StateItem> {
    const { Attributes = {} } = await this.client.send(
      new UpdateCommand({
        TableName: this.TableName,
        Key: { pk },
        UpdateExpression: expression,
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
        ...(names === undefined ? {} : { ExpressionAttributeNames: { ...names } }),
        ...(values === undefined ? {} : { ExpressionAttributeValues: { ...values } }),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes;
  }
}
