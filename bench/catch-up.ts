/**
 * bench/catch-up: records wait in Kafka while the drivers are stopped; from their start to complete, layer by layer.
 *
 *   node --import tsx bench/catch-up.ts [--records 1000000] [--former cd86e88] [--lake-only]
 *
 * Beside it, in the same run: the former build (`--former` names a commit, `none` goes without), a plain PySpark program
 * with Spark's defaults that reads the same topic and does the same, and DuckDB, where Python has it, from files to Parquet.
 * Goals: 6 times the former, 1.5 times the plain program.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
// Of the lake nothing but what the former build has, too: this program is copied into its checkout.
import { localBucket } from '../localstack/identity.js';
import { ROOT } from '../localstack/paths.js';
import { until } from '../localstack/process.js';
import { Lake } from '../test/support/lake.js';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    former: { type: 'string', default: 'cd86e88' },
    'lake-only': { type: 'boolean', default: false },
  },
});
const records = Number(values.records);
const CORES = 2;
const PARTITIONS = 3;
const PER_SEND = 3_000;
const PATIENCE_MS = 3_600_000;
const LAYERS = ['bronze', 'silver', 'gold'] as const;

interface Result {
  /** Seconds from the drivers' start until a layer held all. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly residentMiB?: number;
}

/** A record as ingestion makes it of a list. */
function harmful(sequence: number, observedAt: string) {
  const name = `host-${(sequence * 2_654_435_761) % 4_294_967_296}-${sequence}.example`;
  const source = `list${sequence % 4}`;
  const value = {
    ...{ source, entry_type: 'domain', name, scope: sequence % 3 ? 'exact' : 'subtree', action: 'block', event: 'listed', restated: false, category_before: null },
    ...{ sequence: sequence + 1, category: ['malware', 'phishing', 'ads'][sequence % 3], reliability: 0.8, origin: source, observed_at: observedAt, line: sequence },
    ...{ options: null, listed_at: null, tags: null, reason: null, valid_until: null, public_suffix: 'example', registrable_domain: name },
    ...{ unicode_name: null, mixed_script: false, confusable: false },
  };
  const key = JSON.stringify([source, 'domain', name, value.scope, 'block', sequence + 1]);
  return { key, value: JSON.stringify(value), headers: { 'sluice-schema': '4', 'sluice-source': source, 'sluice-run': 'catch-up' } };
}

async function fill(bootstrapServers: string): Promise<void> {
  const producer = new Kafka({ clientId: 'catch-up', brokers: [bootstrapServers], logLevel: logLevel.ERROR }).producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const observedAt = new Date().toISOString();
  for (let first = 0; first < records; first += PER_SEND) {
    const messages = Array.from({ length: Math.min(PER_SEND, records - first) }, (_, i) => ({ ...harmful(first + i, observedAt), partition: i % PARTITIONS }));
    await producer.send({ topic: 'harmful_domains', acks: -1, messages });
  }
  await producer.disconnect();
}

/** Records that a layer's commits say that they hold: Bronze by what Delta counted, the others by the offsets of their batches. */
class Progress {
  private version = 0;
  private rows = 0;
  private readonly last = new Array<number>(PARTITIONS).fill(-1);

  constructor(
    private readonly log: string,
    private readonly layer: (typeof LAYERS)[number],
  ) {}

  async held(): Promise<number> {
    for (;;) {
      const response = await fetch(`${this.log}/${String(this.version).padStart(20, '0')}.json`);
      const text = await response.text();
      if (!response.ok) return this.layer === 'bronze' ? this.rows : this.last.reduce((sum, offset) => sum + offset + 1, 0);
      this.version++;
      for (const line of text.split('\n').filter(Boolean)) this.take(JSON.parse(line));
    }
  }

  private take({ add, commitInfo }: { add?: { dataChange: boolean; stats?: string }; commitInfo?: { userMetadata?: string } }): void {
    if (add?.dataChange && add.stats) this.rows += (JSON.parse(add.stats) as { numRecords: number }).numRecords;
    if (this.layer === 'bronze' || !commitInfo?.userMetadata) return;
    const { offsets = {} } = JSON.parse(commitInfo.userMetadata) as { offsets?: Record<string, number> };
    for (const [place, offset] of Object.entries(offsets)) this.last[Number(place.split('/')[1])] = offset;
  }
}

const told = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Resident memory of all that runs of a lake, in MiB: what was told its home. */
function resident(lake: Lake): number {
  const own = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].some((file) => told(file).includes(lake.home.root)),
  );
  return own.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(told(`/proc/${pid}/status`))?.[1] ?? 0), 0) / 1024;
}

async function caughtUp(lake: Lake): Promise<Result> {
  const progress = LAYERS.map((layer) => ({ layer, of: new Progress(`${lake.state.emulatorUrl}/${localBucket('lake')}/${layer}/harmful_domains/_delta_log`, layer) }));
  const seconds: Record<string, number> = {};
  let most = 0;
  const began = Date.now();
  await lake.watchdog();
  await until(
    async () => {
      for (const { layer, of } of progress) if (seconds[layer] === undefined && (await of.held()) >= records) seconds[layer] = (Date.now() - began) / 1000;
      most = Math.max(most, resident(lake));
      return LAYERS.every((layer) => seconds[layer] !== undefined);
    },
    { timeoutMs: PATIENCE_MS, everyMs: 250, describe: () => `not caught up: ${JSON.stringify(seconds)}` },
  );
  return { seconds, residentMiB: most };
}

const work = mkdtempSync(join(tmpdir(), 'sluice-catch-up-'));

/** The plain program, and DuckDB, on what waits in Kafka. */
async function peers({ home, state }: Lake): Promise<Record<string, Result>> {
  const { lastJson } = await import('./former.js');
  const args = [
    join(ROOT, 'bench', 'catch_up.py'),
    `127.0.0.1:${state.ports.kafka}`,
    state.emulatorUrl,
    `s3a://${localBucket('artefacts')}/plain`,
    work,
    join(home.tools, 'jars', 'spark'),
  ];
  return lastJson(join(home.tools, 'python', 'bin', 'python'), args, ROOT, { JAVA_HOME: join(home.tools, 'java17'), SPARK_LOCAL_IP: '127.0.0.1' });
}

function print(name: string, { seconds, residentMiB }: Result): void {
  const rates = Object.entries(seconds).map(([layer, took]) => `${layer} ${took.toFixed(1)} s, ${Math.round(records / took / CORES)} rows/s and core`);
  console.log(`${name}: ${rates.join('; ')}${residentMiB === undefined ? '' : `; ${Math.round(residentMiB)} MiB resident at the most`}`);
}

const longest = ({ seconds }: Result): number => Math.max(...Object.values(seconds));

const lake = await Lake.start({ deployEnv: { SLUICE_LAYOUT: 'combined', SLUICE_PERIODIC_SECONDS: '120' } });
const results: Record<string, Result> = {};
try {
  await lake.kill('combined');
  await fill(`127.0.0.1:${lake.state.ports.kafka}`);
  if (!values['lake-only']) Object.assign(results, await peers(lake));
  results.lake = await caughtUp(lake);
} finally {
  await lake.stop();
}
if (values['lake-only']) console.log(JSON.stringify(results.lake));
else {
  const { inFormer } = await import('./former.js');
  if (values.former !== 'none') results.former = await inFormer<Result>(values.former, 'catch-up.ts', ['--lake-only', '--records', values.records]);
  for (const [name, result] of Object.entries(results)) print(name, result);
  const own = longest(results.lake as Result);
  for (const [name, goal] of [
    ['former', 6],
    ['plain', 1.5],
  ] as const)
    if (results[name]) console.log(`${(longest(results[name]) / own).toFixed(2)} times the ${name} (goal ${goal})`);
}
rmSync(work, { recursive: true, force: true });
