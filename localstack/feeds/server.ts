import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** What a test or a demonstration asks a feed to do instead of answering well. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the recorded body. */
  readonly body?: string;
  /** Waits before the headers. */
  readonly delayMs?: number;
  /** Closes the connection after so many bytes of the body, the length header notwithstanding. */
  readonly truncateAt?: number;
}

/** The recorded file of a source: `SOURCE.*` or `SOURCE-*` in the folder or below, the first by name. */
export function findRecording(folder: string, source: string): string | null {
  if (!existsSync(folder)) return null;
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const file = entries.find((entry) => entry.isFile() && (entry.name === source || entry.name.startsWith(`${source}.`) || entry.name.startsWith(`${source}-`)));
  if (file) return join(folder, file.name);
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const found = findRecording(join(folder, entry.name), source);
    if (found) return found;
  }
  return null;
}

/**
 * Serves recorded feeds as the real ones are served: `GET /SOURCE` with ETag, Last-Modified, 304 and gzip.
 * `PUT /_fault/SOURCE` with a {@link Fault} breaks a feed, `DELETE` mends it.
 */
export function feedServer(folders: readonly string[]): Server {
  const faults = new Map<string, Fault>();
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://feeds').pathname.slice(1);
    if (path.startsWith('_fault/')) void control(path.slice('_fault/'.length), request, response, faults);
    else setTimeout(() => serve(path, request, response, folders, faults.get(path)), faults.get(path)?.delayMs ?? 0);
  });
}

async function control(source: string, request: IncomingMessage, response: ServerResponse, faults: Map<string, Fault>): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method === 'PUT') faults.set(source, JSON.parse(Buffer.concat(chunks).toString('utf8')) as Fault);
  else faults.delete(source);
  response.writeHead(204).end();
}

function serve(source: string, request: IncomingMessage, response: ServerResponse, folders: readonly string[], fault: Fault | undefined): void {
  const file = folders.map((folder) => findRecording(folder, source)).find((found) => found !== null);
  if (fault?.body === undefined && !file) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`no recording of ${source} in ${folders.join(', ')}\n`);
    return;
  }
  const stored = file ? readFileSync(file) : Buffer.alloc(0);
  const body = fault?.body === undefined ? (file?.endsWith('.gz') ? gunzipSync(stored) : stored) : Buffer.from(fault.body);
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
  const lastModified = (file ? statSync(file).mtime : new Date(0)).toUTCString();
  const validators = { etag, 'last-modified': lastModified };
  if (fault?.status !== undefined && fault.status !== 200) {
    response.writeHead(fault.status, { ...fault.headers }).end();
    return;
  }
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, validators).end();
    return;
  }
  const compressed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const sent = compressed ? gzipSync(body) : body;
  response.writeHead(200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': sent.length,
    ...(compressed ? { 'content-encoding': 'gzip' } : {}),
    ...validators,
    ...fault?.headers,
  });
  if (fault?.truncateAt === undefined) response.end(sent);
  else response.write(sent.subarray(0, fault.truncateAt), () => response.destroy());
}
