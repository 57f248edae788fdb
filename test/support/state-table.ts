import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What a client asked, as it goes over the wire. */
export interface Asked {
  readonly call: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** DynamoDB refuses, by the name that its clients know. */
export class Refusal extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/** A client of a DynamoDB that answers as the test says, in its own JSON; throw a {@link Refusal} to refuse. */
export function dynamo(answer: (asked: Asked) => unknown): { readonly client: DynamoDBClient; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const respond = ({ headers, body }: { headers: Record<string, string>; body: Uint8Array }): { statusCode: number; body: unknown } => {
    const ask = { call: headers['x-amz-target']?.split('.')[1] ?? '', input: JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown> };
    asked.push(ask);
    try {
      return { statusCode: 200, body: answer(ask) };
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      return { statusCode: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${cause.name}`, message: cause.message } };
    }
  };
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: never) => {
        const { statusCode, body } = respond(request);
        return { response: { statusCode, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from(JSON.stringify(body)) } };
      },
    },
  });
  return { client, asked };
}
