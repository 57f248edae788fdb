import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { ServiceError } from './errors.js';

/** Operations of one service that the front door answers itself, by name; everything else passes through. */
export type Operations = Readonly<Record<string, (input: never) => unknown>>;

/**
 * The front door: a reverse proxy before an AWS emulator. A request whose `X-Amz-Target` names an operation in
 * `services` (`{ AWSGlue: { StartJobRun } }`) is answered here; every other is passed on, streamed both ways.
 */
export function frontDoor(emulator: URL, services: Readonly<Record<string, Operations>>): Server {
  return createServer((incoming, outgoing) => {
    const target = incoming.headers['x-amz-target'];
    const [service = '', operation = ''] = typeof target === 'string' ? target.split('.') : [];
    const handler = services[service]?.[operation] as ((input: unknown) => unknown) | undefined;
    if (incoming.url === '/_sluice/health') answer(outgoing, 200, { door: 'open' });
    else if (handler) void serve(handler, incoming, outgoing);
    else pass(emulator, incoming, outgoing);
  });
}

async function serve(handler: (input: unknown) => unknown, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    answer(outgoing, 200, await handler(body === '' ? {} : JSON.parse(body)));
  } catch (error) {
    if (error instanceof ServiceError) answer(outgoing, 400, { __type: error.code, message: error.message, Message: error.message });
    else if ((error as { name?: string }).name === 'EntityNotFoundException')
      answer(outgoing, 400, { __type: 'EntityNotFoundException', message: (error as Error).message, Message: (error as Error).message });
    else answer(outgoing, 500, { __type: 'InternalServiceException', message: (error as Error).message });
  }
}

function answer(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  outgoing.end(JSON.stringify(body));
}

function pass(emulator: URL, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const forward = request({ host: emulator.hostname, port: emulator.port, method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  forward.on('error', (error) => {
    if (outgoing.headersSent) outgoing.destroy(error);
    else answer(outgoing, 502, { __type: 'ServiceUnavailable', message: `the AWS emulator at ${emulator.host} cannot be reached: ${error.message}` });
  });
  outgoing.on('close', () => forward.destroy());
  incoming.pipe(forward);
}
