import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { DynamoSourceState } from '../../lambdas/ingest/state/dynamo-state.js';

test('the last published snapshot of another source is read without its lease; none where it has none', async () => {
  const asked: { target: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part.toString();
    });
    request.on('end', () => {
      const body = JSON.parse(text) as { Key: { pk: { S: string } } };
      asked.push({ target: request.headers['x-amz-target'] as string | undefined, body });
      const snapshot = { M: { key: { S: 'snapshots/majestic/7' }, sequence: { N: '7' }, bodySha256: { S: 'a' }, etag: { NULL: true }, lastModified: { NULL: true } } };
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(body.Key.pk.S === 'source#majestic' ? { Item: { pk: body.Key.pk, currentSnapshot: snapshot } } : {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  try {
    const state = new DynamoSourceState(client, 'state');
    expect(await state.current('majestic')).toEqual({ key: 'snapshots/majestic/7', sequence: 7, bodySha256: 'a', etag: null, lastModified: null });
    expect(await state.current('crux')).toBeNull();
    expect(asked.map(({ target }) => target)).toEqual(['DynamoDB_20120810.GetItem', 'DynamoDB_20120810.GetItem']);
    expect(asked[0]?.body).toMatchObject({ TableName: 'state', ConsistentRead: true });
  } finally {
    client.destroy();
    server.close();
  }
});
