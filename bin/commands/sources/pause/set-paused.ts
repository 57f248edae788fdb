import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { assertSource } from '../../../lake/sources.js';
import { stateTable, target } from '../../../lake/target.js';

/** Says of a source whether its schedule leaves it alone. @throws CliError where there is no such source */
export async function setPaused(source: string, paused: boolean, stage: string): Promise<void> {
  assertSource(source);
  const lake = target(stage);
  await lake.dynamo.send(
    new UpdateItemCommand({
      TableName: stateTable(lake),
      Key: { pk: { S: `source#${source}` } },
      UpdateExpression: 'SET paused = :paused',
      ExpressionAttributeValues: { ':paused': { BOOL: paused } },
    }),
  );
}
