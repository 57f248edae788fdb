/**
 * bench/ingest: the bundled ingest function's cold import, and the memory of checking a list of 200,000 names.
 *
 *   node --import tsx bench/ingest.ts [--names 200000]
 *
 * Beside it, as the peer, a program of the kind people write first: fetch the text, split it, await one send per name.
 * Kafka is left out on both sides (sends resolve at once): this measures fetching, parsing, the difference and memory.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleFunction } from '../lib/shared/bundle.js';
import { generateHosts } from '../localstack/feeds/generate.js';
import { feedServer } from '../localstack/feeds/server.js';

const { values } = parseArgs({ options: { names: { type: 'string', default: '200000' }, child: { type: 'string' }, url: { type: 'string' } } });
const mebibytes = (bytes: number) => Math.round(bytes / 1024 / 1024);

if (values.child === 'ours') {
  const { run } = await import('../lambdas/ingest/run.js');
  const { httpFetch } = await import('../lambdas/ingest/fetch.js');
  const { fakeDeps, World } = await import('../test/support/ingest-fakes.js');
  const world = new World();
  let sent = 0;
  const deps = {
    ...fakeDeps(world),
    target: async () => ({ url: values.url ?? '', headers: {}, secrets: [], minIntervalMs: 0 }),
    fetch: httpFetch({ allowPrivate: true }),
    producer: {
      send: async (_topic: string, records: readonly unknown[]) => {
        sent += records.length;
      },
      close: async () => undefined,
    },
  };
  const began = performance.now();
  const check = await run({ source: 'stevenblack' }, deps);
  const again = await run({ source: 'stevenblack', whole: true }, deps);
  if (check.outcome !== 'changed' || !again.whole) throw new Error(`the benchmark's list was not published: ${check.reason ?? again.reason}`);
  console.log(
    JSON.stringify({ seconds: (performance.now() - began) / 1000, sent, entries: check.entries, second: again.outcome, rss: mebibytes(process.resourceUsage().maxRSS * 1024) }),
  );
} else if (values.child === 'peer') {
  const began = performance.now();
  const text = await (await fetch(values.url ?? '')).text();
  let sent = 0;
  const send = async (_record: string) => void sent++;
  for (const line of text.split('\n')) {
    const [, name] = line.trim().split(/\s+/);
    if (line.startsWith('0.0.0.0') && name) await send(JSON.stringify({ domain: name, timestamp: new Date().toISOString() }));
  }
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, sent, rss: mebibytes(process.resourceUsage().maxRSS * 1024) }));
} else {
  const work = mkdtempSync(join(tmpdir(), 'bench-ingest-'));
  try {
    bundleFunction('ingest', work);
    const cold = Array.from({ length: 5 }, () =>
      Number(
        execFileSync(
          process.execPath,
          [
            '--input-type=module',
            '-e',
            `const t = performance.now(); await import(${JSON.stringify(`file://${join(work, 'index.mjs')}`)}); console.log(performance.now() - t); process.exit(0)`,
          ],
          { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
        ),
      ),
    ).sort((a, b) => a - b);
    console.log(`cold import of the bundle: median ${cold[2]?.toFixed(0)} ms of 5`);
    writeFileSync(join(work, 'stevenblack.hosts'), generateHosts({ seed: 1, domains: Number(values.names), ips: 100 }));
    const server = feedServer([work]);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stevenblack`;
    const { spawn } = await import('node:child_process');
    for (const child of ['ours', 'peer']) {
      const output = await new Promise<string>((resolve, reject) => {
        const chunks: Buffer[] = [];
        const running = spawn(process.execPath, ['--max-old-space-size=180', '--import', 'tsx', fileURLToPath(import.meta.url), '--child', child, '--url', url], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        running.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
        running.once('error', reject);
        running.once('exit', () => resolve(Buffer.concat(chunks).toString('utf8').trim()));
      });
      console.log(`${child}: ${output}`);
    }
    server.close();
    server.closeAllConnections();
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
