import { createWriteStream, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Job } from '@aws-sdk/client-glue';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Home } from '../paths.js';
import { startProcess } from '../process.js';
import { LOCAL_CREDENTIALS } from '../services/emulator.js';
import { ServiceError } from './errors.js';
import { processName, type RunRecord } from './run-record.js';
import { driverPython, parseGlueConf, sparkProfile, submitArguments } from './spark-profile.js';

export interface DriverOptions {
  readonly home: Home;
  readonly s3: S3Client;
  readonly s3Endpoint: string;
  /** What the job is told as its AWS endpoint: the front door. */
  readonly awsEndpoint: string;
  /** Heap of a driver. */
  readonly driverMemory: string;
}

/** The folder of a run's own files, gone with its end. */
export const runFolder = (home: Home, { id }: Pick<RunRecord, 'id'>): string => join(home.tmp, 'glue', id);

/** Starts the Spark process of a run, with exactly its job's arguments. */
export async function launch(job: Job, run: RunRecord, options: DriverOptions): Promise<ReturnType<typeof startProcess>> {
  const { home, s3Endpoint, awsEndpoint, driverMemory } = options;
  const folder = runFolder(home, run);
  mkdirSync(folder, { recursive: true });
  const script = await download(options.s3, job.Command?.ScriptLocation ?? '', folder, 'script.py');
  const packages = await Promise.all(
    (run.arguments['--extra-py-files'] ?? '')
      .split(',')
      .filter(Boolean)
      .map((url, i) => download(options.s3, url, folder, `package-${i}.zip`)),
  );
  const conf = { ...parseGlueConf(run.arguments['--conf']), ...sparkProfile(home, { s3Endpoint, uiPort: run.uiPort, memory: driverMemory, runTmp: folder }) };
  const args = Object.entries(run.arguments).flatMap(([name, value]) => (name === '--JOB_NAME' ? [] : [name, value]));
  return startProcess(home, {
    name: processName(run),
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
}

async function download(s3: S3Client, url: string, folder: string, name: string): Promise<string> {
  const match = /^s3a?:\/\/([^/]+)\/(.+)$/.exec(url);
  if (!match) throw new ServiceError('InvalidInputException', `${JSON.stringify(url)} is no s3:// URL`);
  const target = join(folder, basename(name));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: match[1], Key: match[2] }));
  await pipeline(Body as Readable, createWriteStream(target));
  return target;
}
