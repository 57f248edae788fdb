import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { guarded } from '../guard.js';
import { ServiceError } from './errors.js';
import { type Call, callOf, readBody, writeBody } from './wire.js';

/** Operations of one service that the front door answers itself, by name; everything else passes through. */
export type Operations = Readonly<Record<string, (input: never) => unknown>>;

/**
 * The front door: a reverse proxy before an AWS emulator. A request that names an operation in `services`
 * (`{ AWSGlue: { StartJobRun } }`) is answered here, and so are `pages` by their path; every other is passed on,
 * streamed both ways. It starts jobs and runs functions for whoever asks: web pages are refused (../guard.ts).
 */
export function frontDoor(emulator: URL, services: Readonly<Record<string, Operations>>, pages: Readonly<Record<string, () => Promise<Page>>> = {}): Server {
  return createServer(
    guarded((incoming, outgoing) => {
      const call = callOf(incoming.url, incoming.headers['x-amz-target']);
      const handler = call === null ? undefined : (services[call.service]?.[call.operation] as ((input: unknown) => unknown) | undefined);
      // Requests to AWS are signed; a browser's and a scraper's are not.
      const own = incoming.method === 'GET' && incoming.headers.authorization === undefined ? pages[incoming.url ?? ''] : undefined;
      if (incoming.url === '/_sluice/health') answer(outgoing, 200, { door: 'open' });
      else if (own) void show(own, outgoing);
      else if (call !== null && handler) void serve(call, handler, incoming, outgoing);
      else pass(emulator, incoming, outgoing);
    }),
  );
}

/** Something for people and scrapers. */
export interface Page {
  readonly contentType: string;
  readonly body: string;
}

async function show(make: () => Promise<Page>, outgoing: ServerResponse): Promise<void> {
  try {
    const { contentType, body } = await make();
    outgoing.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
  } catch (error) {
    outgoing.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' }).end(`${(error as Error).message}\n`);
  }
}

async function serve(call: Call, handler: (input: unknown) => unknown, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const reply = (status: number, body: unknown) => answer(outgoing, status, body, call.protocol);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    reply(200, await handler(readBody(call, Buffer.concat(chunks))));
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ServiceError) reply(400, { __type: error.code, message, Message: message });
    else if ((error as { name?: string }).name === 'EntityNotFoundException') reply(400, { __type: 'EntityNotFoundException', message, Message: message });
    else reply(500, { __type: 'InternalServiceException', message });
  }
}

function answer(outgoing: ServerResponse, status: number, body: unknown, protocol: Call['protocol'] = 'json'): void {
  const encoded = writeBody(protocol, body);
  outgoing.writeHead(status, encoded.headers);
  outgoing.end(encoded.body);
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
