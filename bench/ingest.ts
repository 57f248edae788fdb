/**
 * bench/ingest: the bundled ingest function's cold import, and a list of a million names from fetch to acknowledged by a
 * real Kafka, with the memory it takes, the difference of a second, changed list included.
 *
 *   node --import tsx bench/ingest.ts [--names 1000000] [--peer-names 20000] [--former cd86e88]
 *
 * Beside it, on the same broker and the same list, a program of the kind people write first: fetch the text, split it,
 * await one send per name. It stops after `--peer-names`; what is compared is records a second. Goals: 4 times the peer,
 * 200 MB resident.
 *
 * The build that `--former` names does the same beside this one: a list, then the same with one row in 10,000
 * changed, or one in ten; the builds take turns at being first. Goal: the changed list 3 times as fast as there.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { generateHosts } from '../datasets/harmful_domains/recording.js';
import { INGEST_NODE_OPTIONS } from '../lib/ingestion/memory.js';
import { bundleFunction, bundleScript } from '../lib/shared/bundle.js';
import { feedServer } from '../localstack/feeds/server.js';
import { homeAt, ROOT } from '../localstack/paths.js';
import { anyPort } from '../localstack/ports.js';
import { startProcess, stopProcess } from '../localstack/process.js';
import { awaitKafka, kafkaSpec } from '../localstack/services/kafka.js';
import { FORMER_COMMIT } from './former.js';
import { formerIngest } from './former-ingest.js';

const { values } = parseArgs({
  options: { names: { type: 'string', default: '1000000' }, 'peer-names': { type: 'string', default: '20000' }, former: { type: 'string', default: FORMER_COMMIT } },
});
const names = Number(values.names);
const GOAL_RATIO = 4;
const GOAL_CHANGED = 3;
const GOAL_MIB = 200 * (1_000_000 / 1_048_576);

interface Measured {
  readonly sent: number;
  /** Until the first list was acknowledged. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly residentMiB: number;
}

interface Timed extends Measured {
  /** From the first list's acknowledgement to the end of the process. */
  readonly changedSeconds: number;
}

/** A process tells at its end what it took of the processors, both lists together; earlier builds do not say it themselves. */
const TELLS_CPU = `data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();console.error('CPU seconds:',(user+system)/1e6)})`;

const benches = join(ROOT, '.sluice', 'bench');
mkdirSync(benches, { recursive: true });
const home = homeAt(mkdtempSync(join(benches, 'ingest-')));

function coldImport(folder: string): number {
  const code = `const t = performance.now(); await import(${JSON.stringify(`file://${join(folder, 'index.mjs')}`)}); console.log(performance.now() - t); process.exit(0)`;
  const once = () => Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  return Array.from({ length: 5 }, once).sort((a, b) => a - b)[2] as number;
}

function measure(label: string, script: string, args: readonly string[]): Promise<Timed> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const child = spawn(process.execPath, [...INGEST_NODE_OPTIONS, '--import', TELLS_CPU, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      const text = Buffer.concat(chunks).toString('utf8').trim();
      if (code !== 0) return reject(new Error(`${args[0]} ended with ${code}`));
      console.log(`${label}, load ${loadavg()[0]?.toFixed(1)}: ${text}`);
      const measured = JSON.parse(text) as Measured;
      resolve({ ...measured, changedSeconds: (performance.now() - began) / 1000 - measured.seconds });
    });
  });
}

function folderOf(build: string, change: string): string {
  const folder = join(home.root, `${build}-${change}`);
  mkdirSync(folder);
  return folder;
}

const feeds = join(home.root, 'feeds');
mkdirSync(feeds, { recursive: true });
const list = generateHosts({ seed: 1, domains: names, ips: 100 }).split('\n');
/** One row in so many goes, and as many come. */
const CHANGES = { few: 10_000, tenth: 10 } as const;
for (const [name, every] of Object.entries(CHANGES)) {
  const next = list.map((line, i) => (i % every === 0 && line.startsWith('0.0.0.0 ') ? line.replace('0.0.0.0 ', '0.0.0.0 new-') : line));
  writeFileSync(join(feeds, `${name}.hosts`), list.join('\n'));
  writeFileSync(join(feeds, `${name}_next.hosts`), next.join('\n'));
}
const server = feedServer([feeds]);
try {
  const functionFolder = join(home.root, 'function');
  bundleFunction('ingest', functionFolder);
  console.log(`cold import of the bundle: median ${coldImport(functionFolder).toFixed(0)} ms of 5`);
  const script = join(home.root, 'child.mjs');
  bundleScript(join(ROOT, 'bench', 'ingest-child.ts'), script);

  const [port, controller] = [await anyPort(), await anyPort()];
  startProcess(home, kafkaSpec(home, port, controller));
  await awaitKafka(port, () => 'Kafka was not ready');
  const broker = `127.0.0.1:${port}`;
  const admin = new Kafka({ clientId: 'bench', brokers: [broker], logLevel: logLevel.ERROR }).admin();
  await admin.createTopics({
    waitForLeaders: true,
    topics: ['harmful_domains', 'source_checks', 'operations'].map((topic) => ({ topic, numPartitions: 3, replicationFactor: 1 })),
  });
  await admin.disconnect();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const peer = await measure('peer', script, ['peer', `${url}/tenth`, broker, home.root, values['peer-names']]);
  const former = formerIngest(values.former, join(home.root, 'former'));
  let ours: Timed | undefined;
  const builds = { former, ours: script };
  for (const [turn, change] of Object.keys(CHANGES).entries()) {
    const measured: Partial<Record<keyof typeof builds, Timed>> = {};
    // Whichever runs first warms the caches, or the broker, for the other: they take turns at it.
    for (const build of turn % 2 === 0 ? (['former', 'ours'] as const) : (['ours', 'former'] as const))
      measured[build] = await measure(build, builds[build], ['ours', `${url}/${change}`, broker, folderOf(build, change)]);
    const { former: then, ours: now } = measured;
    if (then === undefined || now === undefined) throw new Error(`${change} was not measured`);
    const times = then.changedSeconds / now.changedSeconds;
    console.log(
      `${change}: first list ${then.seconds.toFixed(1)} s at ${values.former}, ${now.seconds.toFixed(1)} s now, ${(then.seconds / now.seconds).toFixed(1)} times as fast; ` +
        `changed list ${then.changedSeconds.toFixed(1)} s, ${now.changedSeconds.toFixed(1)} s, ${times.toFixed(1)} times (goal ${GOAL_CHANGED}, ratio ${(times / GOAL_CHANGED).toFixed(2)})`,
    );
    ours = ours === undefined || now.residentMiB > ours.residentMiB ? now : ours;
  }
  if (ours === undefined) throw new Error('nothing was measured');
  const ratio = ours.perSecond / peer.perSecond;
  console.log(
    `${ours.sent} records: ${ratio.toFixed(1)} times the peer's rate (goal ${GOAL_RATIO}, ratio ${(ratio / GOAL_RATIO).toFixed(2)}); ` +
      `${ours.residentMiB} MiB resident (goal ${GOAL_MIB.toFixed(0)}, ratio ${(ours.residentMiB / GOAL_MIB).toFixed(2)})`,
  );
} finally {
  server.close();
  server.closeAllConnections();
  await stopProcess(home, 'kafka');
  rmSync(home.root, { recursive: true, force: true });
}
