import { describe, expect, test, vi } from 'vitest';
import { DynamoPublished } from '../../lambdas/shared/dynamo-published.js';
import type { Published } from '../../lambdas/shared/published.js';
import { dynamo, Refusal } from '../support/state-table.js';

const run: Published = { runId: 'r1', at: 1, produced: 2, parts: [{ snapshot: 's', sequence: 1, what: 'whole' }], tries: 0, askedAt: null };

/** A table whose answer to each command is this. */
function table(answer: () => unknown) {
  const { client, asked } = dynamo(answer);
  return { asked, published: new DynamoPublished(client, 'state') };
}
const refuses = (name: string, message: string) => () => {
  throw new Refusal(name, message);
};

describe('what runs have sent, in the state table', () => {
  test('is an item per source, an attribute per run', async () => {
    const { asked, published } = table(() => ({ Item: { pk: { S: 'published#s' }, 'run#r1': { S: JSON.stringify(run) } } }));
    expect(await published.of('s')).toEqual([run]);
    await published.put('s', run);
    await published.remove('s', ['r1', 'r2']);
    await published.remove('s', []);
    expect(asked.map(({ call, input }) => ({ call, ...input }))).toMatchObject([
      { call: 'GetItem', TableName: 'state', Key: { pk: { S: 'published#s' } }, ConsistentRead: true },
      { UpdateExpression: 'SET #run = :published', ExpressionAttributeNames: { '#run': 'run#r1' }, ExpressionAttributeValues: { ':published': { S: JSON.stringify(run) } } },
      { UpdateExpression: 'REMOVE #r0, #r1', ExpressionAttributeNames: { '#r0': 'run#r1', '#r1': 'run#r2' } },
    ]);
    expect(asked).toHaveLength(3);
  });

  test('is changed only where it is there still', async () => {
    const { asked, published } = table(refuses('ConditionalCheckFailedException', 'the conditional request failed'));
    await published.change('s', run);
    expect(asked).toMatchObject([{ call: 'UpdateItem', input: { ConditionExpression: 'attribute_exists(#run)' } }]);
    await expect(table(refuses('ThrottlingException', 'throttled')).published.change('s', run)).rejects.toThrow('throttled');
  });

  test('holds up no run where too much waits for the monitor, and says so; any other failure does', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const full = table(refuses('ValidationException', 'Item size to update has exceeded the maximum allowed size'));
    await full.published.put('s', run);
    expect(told).toHaveBeenCalledWith(expect.stringContaining('run r1 of s will not be held against Bronze'), expect.any(Error));
    told.mockRestore();
    await expect(table(refuses('ThrottlingException', 'throttled')).published.put('s', run)).rejects.toThrow('throttled');
  });
});
