import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildSync } from 'esbuild';

/** What the SDK's clients are called in policies, where it is not the same. */
const SERVICES: Readonly<Record<string, string>> = { 'secrets-manager': 'secretsmanager', sfn: 'states', 'cloudwatch-logs': 'logs' };
/** Calls whose action has another name. */
const ACTIONS: Readonly<Record<string, string>> = { 's3:ListObjectsV2': 's3:ListBucket', 's3:HeadObject': 's3:GetObject' };
/** Commands of lib-dynamodb, by the call they make. */
const DOCUMENTS: Readonly<Record<string, string>> = { Get: 'GetItem', Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem' };

const action = (service: string, call: string): string => ACTIONS[`${service}:${call}`] ?? `${service}:${call}`;

export interface Call {
  readonly action: string;
  /** From the root. */
  readonly file: string;
}

/** The actions that the code of a function names, in each file of ours that is in its bundle. */
export function callsOfFunction(root: string, folder: string): Call[] {
  const { metafile } = buildSync({
    entryPoints: [join(root, 'lambdas', folder, 'handler.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    packages: 'external',
    absWorkingDir: root,
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/(client|lib)-([a-z-]+)'/g)].flatMap(([, names = '', kind, client = '']) =>
      [...names.matchAll(/\b(\w+)Command\b/g)].flatMap(([, call = '']) => {
        if (!text.includes(`new ${call}Command(`)) return [];
        return [{ action: kind === 'lib' ? `dynamodb:${DOCUMENTS[call] ?? call}` : action(SERVICES[client] ?? client, call), file }];
      }),
    );
  });
}

/** Methods of boto3's clients that the jobs call; an unknown one is refused. */
const METHODS: Readonly<Record<string, string>> = {
  get_item: 'dynamodb:GetItem',
  put_item: 'dynamodb:PutItem',
  delete_item: 'dynamodb:DeleteItem',
  update_item: 'dynamodb:UpdateItem',
  get_job_run: 'glue:GetJobRun',
  get_table: 'glue:GetTable',
  update_table: 'glue:UpdateTable',
  put_metric_data: 'cloudwatch:PutMetricData',
  get_object: 's3:GetObject',
  put_object: 's3:PutObject',
};

/** The files of the package that a job's script imports, it included. */
function modulesOf(jobs: string, script: string, seen = new Set<string>()): Set<string> {
  if (seen.has(script)) return seen;
  seen.add(script);
  const text = readFileSync(script, 'utf8');
  const names = [...text.matchAll(/^(?:from ((?:medallion|datasets)[\w.]*|\.[\w.]*) import ([^\n#]*)|import ((?:medallion|datasets)[\w.]*))/gm)];
  for (const [, from, imported = '', whole] of names) {
    const module = (from ?? whole ?? '').startsWith('.')
      ? join(dirname(script), (from ?? '').slice(1).replaceAll('.', '/'))
      : join(jobs, (from ?? whole ?? '').replaceAll('.', '/'));
    const candidates = [`${module}.py`, join(module, '__init__.py'), ...[...imported.matchAll(/\w+/g)].map(([name]) => join(module, `${name}.py`))];
    for (const candidate of candidates) if (existsSync(candidate)) modulesOf(jobs, candidate, seen);
  }
  return seen;
}

/** The actions that a job's code names. @throws Error at a method of a client that is not known here */
export function callsOfJob(root: string, script: string): Call[] {
  const jobs = join(root, 'glue-jobs');
  return [...modulesOf(jobs, join(jobs, `${script}.py`))].flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    const file = relative(root, path);
    const clients = 's3_client|client|dynamo|glue|cloudwatch';
    return [...text.matchAll(new RegExp(`\\b_?(?:${clients})\\.([a-z_]+)\\(`, 'g'))].flatMap(([, method = '']) => {
      const named = METHODS[method];
      if (named === undefined) throw new Error(`${file} calls ${method}, whose action is not known to the walk: add it to METHODS`);
      return [{ action: named, file }];
    });
  });
}
