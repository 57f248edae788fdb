import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { httpSources } from '../../datasets/index.js';
import { commaList } from '../../lib/environment.js';
import { guarded } from '../../localstack/guard.js';
import { getList, listsBucket, listsRoot, type Manifest, readList, readManifest, runExport } from '../lists.js';
import { bytes, CliError, EXIT, printJson, printRows, say } from '../output.js';
import { stageOption } from '../sources.js';
import { type Target, target } from '../target.js';

interface ExportOptions {
  readonly licences?: string;
  readonly out?: string;
  readonly tier?: string;
  readonly format?: string;
  readonly json?: boolean;
  readonly stage: string;
}

/** As glue-jobs/datasets/harmful_domains/lists has them; a test compares. */
export const TIERS = ['light', 'normal', 'strict'] as const;
export const LIST_FORMATS = ['hosts', 'plain', 'adblock', 'wildcard', 'dnsmasq', 'unbound', 'rpz', 'csv', 'stix'] as const;

/** @throws CliError before anything is run */
function checkOptions({ tier, format, licences }: ExportOptions): string[] | null {
  if (tier !== undefined && !(TIERS as readonly string[]).includes(tier)) throw new CliError(`unknown tier "${tier}"; known: ${TIERS.join(', ')}`, EXIT.misuse);
  if (format !== undefined && !(LIST_FORMATS as readonly string[]).includes(format))
    throw new CliError(`unknown format "${format}"; known: ${LIST_FORMATS.join(', ')}`, EXIT.misuse);
  if (licences === undefined) return null;
  const known = [...new Set(httpSources().flatMap(({ source }) => (source.kind === 'list' && source.role === 'block' ? [source.licence] : [])))].sort();
  const wanted = commaList(licences);
  const unknown = wanted.filter((licence) => !known.includes(licence));
  if (wanted.length === 0 || unknown.length > 0) throw new CliError(`no source is under ${unknown.join(', ') || 'no licence'}; known: ${known.join(' | ')}`, EXIT.misuse);
  return wanted;
}

function chosen(manifest: Manifest, { tier, format }: ExportOptions) {
  return Object.entries(manifest.tiers)
    .filter(([name]) => tier === undefined || name === tier)
    .flatMap(([name, each]) =>
      Object.entries(each.files)
        .filter(([key]) => format === undefined || key === format)
        .map(([key, file]) => ({ tier: name, format: key, ...file })),
    );
}

async function exportLists(options: ExportOptions): Promise<void> {
  const licences = checkOptions(options);
  const lake = target(options.stage);
  const bucket = await listsBucket(lake);
  say('exporting: Spark reads one version of gold.harmful_domains and writes every tier and format ...');
  await runExport(lake, licences);
  const manifest = await readManifest(lake, bucket, listsRoot(licences));
  const files = chosen(manifest, options);
  if (options.out !== undefined) {
    mkdirSync(options.out, { recursive: true });
    for (const file of files) writeFileSync(join(options.out, basename(file.path)), await readList(lake, bucket, file));
    writeFileSync(join(options.out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
    say(`${files.length} lists and manifest.json are in ${options.out}`);
  }
  if (options.json) return printJson(manifest);
  printRows(
    ['tier', 'format', 'entries', 'size', 'path'],
    files.map((file) => [file.tier, file.format, String(file.entries), bytes(file.bytes), file.latest]),
  );
  for (const [tier, { entries, added, removed }] of Object.entries(manifest.tiers))
    say(`${tier}: ${entries} entries, ${added} added and ${removed} removed since ${manifest.previous ?? 'never'}`);
  say(`version ${manifest.version}; subscribe with ./sluice serve-lists, or by CloudFront on AWS (docs/lists.md says who should use which)`);
}

/** Serves the bucket as CloudFront does on AWS: `/lists/...` with ETag and 304, and a page of what there is. */
export function listServer(lake: Target, bucket: string) {
  return createServer(
    guarded((request, response) => {
      const answer = async () => {
        const path = decodeURIComponent(new URL(request.url ?? '/', 'http://lists').pathname).slice(1);
        if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
        if (path === '') return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(await readManifest(lake, bucket, 'lists')));
        const found = path.startsWith('lists/') ? await getList(lake, bucket, path, request.headers['if-none-match']) : null;
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

const html = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function page(manifest: Manifest): string {
  const rows = Object.entries(manifest.tiers).map(
    ([tier, { entries, least_confidence, files }]) =>
      `<tr><th>${html(tier)}</th><td>${entries}</td><td>${least_confidence}</td><td>${Object.entries(files)
        .map(([format, { latest }]) => `<a href="/${html(latest)}">${html(format)}</a>`)
        .join(' ')}</td></tr>`,
  );
  const sources = manifest.sources.map(({ name, licence, attribution }) => `<li>${html(name)}: ${html(licence)} <a href="${html(attribution)}">${html(attribution)}</a></li>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluice lists</title>
<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}td,th{text-align:left;padding:.3rem 1rem .3rem 0;vertical-align:top}</style>
<h1>Lists of harmful names</h1><p>Version ${html(manifest.version)}, as of ${html(manifest.as_of)}. <a href="/lists/latest/manifest.json">manifest.json</a></p>
<table><tr><th>tier</th><th>entries</th><th>least confidence</th><th>formats</th></tr>${rows.join('')}</table>
<h2>Sources</h2><ul>${sources.join('')}</ul></html>
`;
}

export function addListCommands(program: Command): void {
  program
    .command('export')
    .description('write the lists that resolvers load: three tiers by confidence, nine formats, a manifest')
    .option('--licences <names>', 'lists of sources under these licences alone, separated by commas; under paths of their own')
    .option('--out <folder>', 'copy the lists there, checked')
    .option('--tier <name>', `show and copy this tier alone: ${TIERS.join(', ')}`)
    .option('--format <name>', `show and copy this format alone: ${LIST_FORMATS.join(', ')}`)
    .option('--json', 'the manifest')
    .addOption(stageOption())
    .action(exportLists);

  program
    .command('serve-lists')
    .description('serve the exported lists over HTTP on this machine, as CloudFront does on AWS, until interrupted')
    .option('--port <number>', 'port on 127.0.0.1', '8053')
    .addOption(stageOption())
    .action(async ({ port, stage }: { port: string; stage: string }) => {
      const number = Number(port);
      if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new CliError(`--port ${port}: not a port`, EXIT.misuse);
      const lake = target(stage);
      const bucket = await listsBucket(lake);
      const server = listServer(lake, bucket);
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) =>
          reject(error.code === 'EADDRINUSE' ? new CliError(`port ${port} is taken: --port another one`, EXIT.misuse) : error),
        );
        server.listen(number, '127.0.0.1', resolve);
      });
      const address = server.address();
      say(`lists on http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}/ until you press Ctrl-C`);
    });
}
