import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetJobCommand, type GlueClient, type Job } from '@aws-sdk/client-glue';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Home } from '../paths.js';
import { anyPort } from '../ports.js';
import { isAlive, type Running, startProcess, stopProcess, tail } from '../process.js';
import { LOCAL_CREDENTIALS } from '../services/emulator.js';
import { ServiceError } from './errors.js';
import { driverPython, parseGlueConf, sparkProfile, submitArguments } from './spark-profile.js';

type State = 'STARTING' | 'RUNNING' | 'STOPPING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';

/** A job run, as kept on disk: the front door may be restarted while Spark runs on. */
export interface RunRecord {
  readonly id: string;
  readonly job: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly started: number;
  readonly uiPort: number;
  readonly process: Running | null;
  /** A job that ends by itself (`glueetl`): SUCCEEDED where its process ends well. */
  readonly batch: boolean;
  state: State;
  completed: number | null;
  error: string | null;
}

const KEPT_RUNS = 200;
const STOP_GRACE_MS = 20_000;
const ALIVE: ReadonlySet<State> = new Set(['STARTING', 'RUNNING', 'STOPPING']);

export interface GlueRunsOptions {
  readonly home: Home;
  readonly glue: GlueClient;
  readonly s3: S3Client;
  readonly s3Endpoint: string;
  /** What the job is told as its AWS endpoint: the front door. */
  readonly awsEndpoint: string;
  /** Heap of a driver. */
  readonly driverMemory: string;
}

/** Glue job runs as real Spark processes, each with exactly its job's arguments. */
export class GlueRuns {
  private readonly file: string;
  private runs: RunRecord[];

  constructor(private readonly options: GlueRunsOptions) {
    mkdirSync(options.home.run, { recursive: true });
    this.file = join(options.home.run, 'glue-runs.json');
    this.runs = existsSync(this.file) ? (JSON.parse(readFileSync(this.file, 'utf8')) as RunRecord[]) : [];
  }

  readonly operations: Readonly<Record<string, (input: never) => unknown>> = {
    StartJobRun: (input: { JobName: string; Arguments?: Record<string, string> }) => this.start(input),
    GetJobRun: ({ JobName, RunId }: { JobName: string; RunId: string }) => ({ JobRun: this.describe(this.find(JobName, RunId)) }),
    GetJobRuns: ({ JobName, MaxResults }: { JobName: string; MaxResults?: number }) => ({
      JobRuns: this.of(JobName)
        .slice(0, MaxResults ?? 200)
        .map((run) => this.describe(run)),
    }),
    BatchStopJobRun: (input: { JobName: string; JobRunIds: string[] }) => this.stop(input),
  };

  private save(): void {
    writeFileSync(`${this.file}.new`, JSON.stringify(this.runs, null, 1));
    renameSync(`${this.file}.new`, this.file);
  }

  /** Newest first, states refreshed. */
  private of(job: string): RunRecord[] {
    this.refresh();
    return this.runs.filter((run) => run.job === job).reverse();
  }

  private find(job: string, id: string): RunRecord {
    this.refresh();
    const run = this.runs.find((each) => each.job === job && each.id === id);
    if (!run) throw new ServiceError('EntityNotFoundException', `job ${job} has no run ${id}`);
    return run;
  }

  /** Exit codes of runs that ended while this door was there to see it. */
  private readonly exits = new Map<string, number | null>();

  /** A run whose process is gone has ended: by our word (`STOPPED`), well (`SUCCEEDED`: a batch job), or by itself (`FAILED`: a streaming job never succeeds). */
  private refresh(): void {
    let changed = false;
    for (const run of this.runs) {
      if (!ALIVE.has(run.state) || run.process === null || isAlive(run.process)) continue;
      const well = run.batch && this.exits.get(run.id) === 0;
      run.error = run.state === 'STOPPING' || well ? null : `the driver ended by itself: ${lastError(tail(run.process.log, 10_000))}`;
      run.state = run.state === 'STOPPING' ? 'STOPPED' : well ? 'SUCCEEDED' : 'FAILED';
      run.completed = Date.now();
      changed = true;
    }
    if (changed) this.save();
  }

  private describe(run: RunRecord): Record<string, unknown> {
    return {
      Id: run.id,
      JobName: run.job,
      JobRunState: run.state,
      StartedOn: run.started / 1000,
      LastModifiedOn: (run.completed ?? run.started) / 1000,
      ...(run.completed === null ? {} : { CompletedOn: run.completed / 1000 }),
      ExecutionTime: Math.round(((run.completed ?? Date.now()) - run.started) / 1000),
      Arguments: run.arguments,
      LogGroupName: run.process?.log,
      ...(run.error === null ? {} : { ErrorMessage: run.error }),
    };
  }

  private async start({ JobName, Arguments = {} }: { JobName: string; Arguments?: Record<string, string> }): Promise<{ JobRunId: string }> {
    const { Job: job } = await this.options.glue.send(new GetJobCommand({ JobName }));
    if (!job) throw new ServiceError('EntityNotFoundException', `job ${JobName} was not found`);
    const limit = job.ExecutionProperty?.MaxConcurrentRuns ?? 1;
    if (this.of(JobName).filter(({ state }) => ALIVE.has(state)).length >= limit) {
      throw new ServiceError('ConcurrentRunsExceededException', `Concurrent runs exceeded for ${JobName}`);
    }
    const id = `jr_${randomBytes(16).toString('hex')}`;
    const all = { ...job.DefaultArguments, ...Arguments };
    const uiPort = await anyPort();
    const run: RunRecord = {
      id,
      job: JobName,
      arguments: all,
      started: Date.now(),
      uiPort,
      process: null,
      batch: job.Command?.Name === 'glueetl',
      state: 'STARTING',
      completed: null,
      error: null,
    };
    // Taken before anything is awaited, so that two starts at once cannot both pass the limit.
    this.runs.push(run);
    try {
      const running = await this.launch(job, run);
      this.runs[this.runs.indexOf(run)] = { ...run, process: running, state: 'RUNNING' };
    } catch (error) {
      run.state = 'FAILED';
      run.error = (error as Error).message;
      run.completed = Date.now();
    }
    this.runs = this.runs.slice(-KEPT_RUNS);
    this.save();
    return { JobRunId: id };
  }

  private async launch(job: Job, run: RunRecord): Promise<Running> {
    const { home, s3Endpoint, awsEndpoint, driverMemory } = this.options;
    const folder = join(home.tmp, 'glue', run.id);
    mkdirSync(folder, { recursive: true });
    const script = await this.download(job.Command?.ScriptLocation ?? '', folder, 'script.py');
    const packages = await Promise.all(
      (run.arguments['--extra-py-files'] ?? '')
        .split(',')
        .filter(Boolean)
        .map((url, i) => this.download(url, folder, `package-${i}.zip`)),
    );
    const conf = { ...parseGlueConf(run.arguments['--conf']), ...sparkProfile(home, { s3Endpoint, uiPort: run.uiPort, memory: driverMemory, runTmp: folder }) };
    const args = Object.entries(run.arguments).flatMap(([name, value]) => (name === '--JOB_NAME' ? [] : [name, value]));
    const name = `job-${run.job}-${run.id}`;
    const { running, child } = startProcess(home, {
      name,
      command: driverPython(home),
      args: [script, '--JOB_NAME', run.job, '--JOB_RUN_ID', run.id, ...args],
      cwd: folder,
      env: {
        ...LOCAL_CREDENTIALS,
        AWS_ENDPOINT_URL: awsEndpoint,
        AWS_ENDPOINT_URL_S3: s3Endpoint,
        JAVA_HOME: join(home.tools, 'java17'),
        PYSPARK_PYTHON: driverPython(home),
        PYSPARK_SUBMIT_ARGS: submitArguments(conf),
        PYTHONPATH: packages.join(':'),
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        SPARK_LOCAL_IP: '127.0.0.1',
        TMPDIR: folder,
      },
    });
    child.once('exit', (code) => this.exits.set(run.id, code));
    return running;
  }

  private async download(url: string, folder: string, name: string): Promise<string> {
    const match = /^s3a?:\/\/([^/]+)\/(.+)$/.exec(url);
    if (!match) throw new ServiceError('InvalidInputException', `${JSON.stringify(url)} is no s3:// URL`);
    const target = join(folder, basename(name));
    const { Body } = await this.options.s3.send(new GetObjectCommand({ Bucket: match[1], Key: match[2] }));
    await pipeline(Body as Readable, createWriteStream(target));
    return target;
  }

  private stop({ JobName, JobRunIds }: { JobName: string; JobRunIds: string[] }): Record<string, unknown> {
    this.refresh();
    const successes: unknown[] = [];
    const errors: unknown[] = [];
    for (const id of JobRunIds) {
      const run = this.runs.find((each) => each.job === JobName && each.id === id);
      if (!run || !ALIVE.has(run.state)) {
        errors.push({
          JobName,
          JobRunId: id,
          ErrorDetail: { ErrorCode: run ? 'InvalidInputException' : 'EntityNotFoundException', ErrorMessage: run ? `run is ${run.state}` : 'no such run' },
        });
        continue;
      }
      run.state = 'STOPPING';
      successes.push({ JobName, JobRunId: id });
      void this.end(run);
    }
    this.save();
    return { SuccessfulSubmissions: successes, Errors: errors };
  }

  private async end(run: RunRecord): Promise<void> {
    await stopProcess(this.options.home, `job-${run.job}-${run.id}`, STOP_GRACE_MS);
    rmSync(join(this.options.home.tmp, 'glue', run.id), { recursive: true, force: true });
    this.refresh();
  }

  /** Stops every run that lives. */
  async stopAll(): Promise<void> {
    this.refresh();
    const alive = this.runs.filter(({ state }) => ALIVE.has(state));
    for (const run of alive) run.state = 'STOPPING';
    await Promise.all(alive.map((run) => this.end(run)));
    this.save();
  }
}

/** The line of a log that says most: the driver's own last word, else the last error (a JVM that is left alone complains), else the last line. */
export function lastError(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const last = (pattern: RegExp) => lines.findLast((line) => pattern.test(line));
  return (last(/CRITICAL/) ?? last(/Error|Exception/) ?? lines.at(-1) ?? 'no output').slice(0, 500);
}
