import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetJobCommand, type GlueClient } from '@aws-sdk/client-glue';
import { anyPort } from '../ports.js';
import { isAlive, stopProcess, tail } from '../process.js';
import { type DriverOptions, launch, runFolder } from './driver.js';
import { ServiceError } from './errors.js';
import { ALIVE, lastError, processName, type RunRecord } from './run-record.js';

const KEPT_RUNS = 200;
const STOP_GRACE_MS = 20_000;

/** Begins the error of a run whose end this door cannot have seen: it was started while the run went on. */
const UNSEEN = 'nobody saw how it ended, the front door being started anew meanwhile; ';

/** How a process ended: a code, null where a signal ended it, undefined where it has not. */
interface Exit {
  code: number | null | undefined;
  readonly told: Promise<unknown>;
}

function exitOf(child: ChildProcess): Exit {
  const exit: Exit = {
    code: undefined,
    told: once(child, 'exit').then(([code]: (number | null)[]) => {
      exit.code = code ?? null;
    }),
  };
  return exit;
}

export interface GlueRunsOptions extends DriverOptions {
  readonly glue: GlueClient;
}

/** Glue job runs as real Spark processes, each with exactly its job's arguments. */
export class GlueRuns {
  private readonly file: string;
  private runs: RunRecord[];

  /** @param launched starts the process of a run @default - Spark */
  constructor(
    private readonly options: GlueRunsOptions,
    private readonly launched: typeof launch = launch,
  ) {
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

  /** Runs that this door started. One has ended when the system has said with what code: before that, its process may be gone already. */
  private readonly children = new Map<string, Exit>();

  /** A run that has ended did so by our word (`STOPPED`), well (`SUCCEEDED`: a batch job), or by itself (`FAILED`: a streaming job never succeeds). */
  private refresh(): void {
    let changed = false;
    for (const run of this.runs) {
      if (!ALIVE.has(run.state) || run.process === null) continue;
      const child = this.children.get(run.id);
      if (child ? child.code === undefined : isAlive(run.process)) continue;
      const well = run.batch && child?.code === 0;
      run.error = run.state === 'STOPPING' || well ? null : `${child ? '' : UNSEEN}the driver ended by itself: ${lastError(tail(run.process.log, 10_000))}`;
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
      const { running, child } = await this.launched(job, run, this.options);
      this.children.set(id, exitOf(child));
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
    await stopProcess(this.options.home, processName(run), STOP_GRACE_MS);
    await this.children.get(run.id)?.told;
    rmSync(runFolder(this.options.home, run), { recursive: true, force: true });
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
