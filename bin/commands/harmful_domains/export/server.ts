import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { guarded } from '../../../../localstack/guard.js';
import type { Target } from '../../../lake/target.js';
import { CliError } from '../../../output.js';
import { getObject, readManifest } from './bucket.js';
import { page } from './page.js';

/** Serves the bucket as CloudFront does on AWS: `/lists/...` with ETag and 304, and a page of what there is. */
export function exportServer(lake: Target, bucket: string) {
  return createServer(
    guarded((request, response) => {
      const answer = async () => {
        const path = decodeURIComponent(new URL(request.url ?? '/', 'http://lists').pathname).slice(1);
        if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
        if (path === '') return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(await readManifest(lake, bucket, 'lists')));
        const found = path.startsWith('lists/') ? await getObject(lake, bucket, path, request.headers['if-none-match']) : null;
        if (found === null) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('no such list; / has what there is\n');
        if (found === 'notModified') return void response.writeHead(304, { etag: request.headers['if-none-match'] ?? '' }).end();
        response.writeHead(200, {
          'content-type': found.ContentType ?? 'text/plain; charset=utf-8',
          'cache-control': found.CacheControl ?? 'no-cache',
          ...(found.ContentLength === undefined ? {} : { 'content-length': found.ContentLength }),
          ...(found.ETag === undefined ? {} : { etag: found.ETag }),
          ...(found.LastModified === undefined ? {} : { 'last-modified': found.LastModified.toUTCString() }),
        });
        if (request.method === 'HEAD') return void response.end();
        await pipeline(found.Body as NodeJS.ReadableStream, response);
      };
      answer().catch((error: Error) => {
        if (!response.headersSent) response.writeHead(error instanceof CliError ? 503 : 500, { 'content-type': 'text/plain' });
        response.end(`${error.message}\n`);
      });
    }),
  );
}
