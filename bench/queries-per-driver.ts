/**
 * bench/queries-per-driver: how many streaming queries one driver carries: idle CPU, and the time of a one-row batch with
 * one query active and the others idle.
 *
 *   node --import tsx bench/queries-per-driver.ts
 *
 * Goal: with 39 idle queries beside it the active one's p99 is at most twice that of one alone.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DELTA_CONF, driverPython, sparkProfile, submitArguments } from '../localstack/front-door/spark-profile.js';
import { defaultHome, ROOT } from '../localstack/paths.js';

interface Line {
  readonly queries: number;
  readonly idle_cores: number;
  readonly p50_s: number;
  readonly p99_s: number;
}

const home = defaultHome();
const work = mkdtempSync(join(tmpdir(), 'sluice-queries-'));
const conf = {
  ...sparkProfile(home, { s3Endpoint: 'http://127.0.0.1:9', uiPort: 0, memory: '1400m', runTmp: work }),
  'spark.ui.enabled': 'false',
  ...DELTA_CONF,
};
try {
  const lines: Line[] = await new Promise((resolve, reject) => {
    const found: Line[] = [];
    const child = spawn(driverPython(home), [join(ROOT, 'bench', 'queries_per_driver.py'), work], {
      cwd: work,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, JAVA_HOME: join(home.tools, 'java17'), PYSPARK_SUBMIT_ARGS: submitArguments(conf), SPARK_LOCAL_IP: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1' },
    });
    child.stdout.on('data', (chunk: Buffer) => {
      for (const text of chunk
        .toString('utf8')
        .split('\n')
        .filter((each) => each.startsWith('{'))) {
        const line = JSON.parse(text) as Line;
        found.push(line);
        process.stdout.write(
          `${String(line.queries).padStart(2)} queries: idle ${line.idle_cores.toFixed(2)} cores; one row p50 ${line.p50_s.toFixed(2)} s, p99 ${line.p99_s.toFixed(2)} s\n`,
        );
      }
    });
    child.once('exit', (code) => (code === 0 ? resolve(found) : reject(new Error(`the driver ended with ${code}`))));
  });
  const [one, forty] = [lines.find(({ queries }) => queries === 1), lines.find(({ queries }) => queries === 40)];
  if (one && forty) process.stdout.write(`p99 with 39 idle beside it: ${(forty.p99_s / one.p99_s).toFixed(2)} times that of one alone (goal 2)\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
