import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { guarded } from '../guard.js';

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

const PAST_FOLDER = 'past';
/** A version's file is named by its time: `2026-10-01T06-00-00Z.txt`. */
export const pastFile = (folder: string, source: string, at: Date): string => join(folder, PAST_FOLDER, source, `${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z.txt`);

export const hasPast = (folder: string, source: string): boolean => existsSync(join(folder, PAST_FOLDER, source));

interface RecordedVersion {
  readonly sha: string;
  readonly at: string;
  readonly file: string;
}

function recordedVersions(folders: readonly string[], source: string): RecordedVersion[] {
  const folder = folders.map((each) => join(each, PAST_FOLDER, source)).find(existsSync);
  if (folder === undefined) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => ({
      sha: createHash('sha1').update(`${source}/${name}`).digest('hex'),
      at: name.replace(/T(\d\d)-(\d\d)-(\d\d)Z\..*$/, 'T$1:$2:$3Z'),
      file: join(folder, name),
    }));
}

/** The past of a source as GitHub tells of it: `commits?since=&until=&per_page=&page=`, newest first, and a body by its commit. */
function servePast(path: string, query: URLSearchParams, response: ServerResponse, folders: readonly string[]): void {
  const [source = '', wanted = ''] = path.split('/');
  const versions = recordedVersions(folders, source);
  if (wanted !== 'commits') {
    const found = versions.find(({ sha }) => sha === wanted);
    if (found) response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(readFileSync(found.file));
    else response.writeHead(404).end();
    return;
  }
  const time = (name: string, otherwise: number) => (query.has(name) ? Date.parse(query.get(name) ?? '') : otherwise);
  const [since, until, size, page] = [time('since', -Infinity), time('until', Infinity), Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
  const asked = versions.filter(({ at }) => Date.parse(at) >= since && Date.parse(at) <= until).reverse();
  const shown = asked.slice((page - 1) * size, page * size).map(({ sha, at }) => ({ sha, commit: { committer: { date: at } } }));
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(shown));
}

/**
 * Serves recorded feeds as the real ones are served: `GET /SOURCE` with ETag, Last-Modified, 304 and gzip; below
 * `/_past/SOURCE/` the versions of its past.
 * `PUT /_fault/SOURCE` with a {@link Fault} breaks a feed, `DELETE` mends it.
 */
export function feedServer(folders: readonly string[]): Server {
  const faults = new Map<string, Fault>();
  return createServer(
    guarded((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://feeds');
      const path = pathname.slice(1);
      const fault = faults.get(path);
      if (path.startsWith('_fault/')) void control(path.slice('_fault/'.length), request, response, faults);
      else if (path.startsWith('_past/') && fault === undefined) servePast(path.slice('_past/'.length), searchParams, response, folders);
      else setTimeout(() => serve(path, request, response, folders, fault), fault?.delayMs ?? 0);
    }),
  );
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
