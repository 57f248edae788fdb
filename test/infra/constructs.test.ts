import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { describe, expect, test } from 'vitest';
import { datasets } from '../../datasets/index.js';
import { SluiceFunction } from '../../lib/shared/function.js';
import { GlueCode } from '../../lib/shared/glue-code.js';
import { OnEventProvider } from '../../lib/shared/on-event.js';
import { PySparkBatchJob, type PySparkJobProps, PySparkStreamingJob } from '../../lib/shared/pyspark-job.js';
import { boundedAsyncRetries, scheduleDeadLetters, scheduledInvoke } from '../../lib/shared/schedule.js';
import { ROOT } from '../../localstack/paths.js';

const stack = () => new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
const asset = (scope: Stack, id: string): Asset => new Asset(scope, id, { path: join(ROOT, 'glue-jobs', 'bronze.py') });
const jobProps = (scope: Stack, name: string): PySparkJobProps => ({
  jobName: name,
  description: name,
  script: asset(scope, `Script-${name}`),
  packages: [],
  workerType: 'G.1X',
  numberOfWorkers: 2,
  arguments: { lake: 's3a://l' },
  artefacts: Bucket.fromBucketName(scope, `Artefacts-${name}`, 'artefacts'),
});

describe('PySparkStreamingJob', () => {
  test('by default has no jars, no connections, no security configuration and Sunday’s maintenance window', () => {
    const s = stack();
    new PySparkStreamingJob(s, 'Job', jobProps(s, 'a'));
    Template.fromStack(s).hasResourceProperties('AWS::Glue::Job', {
      MaintenanceWindow: 'Sun:3',
      Connections: Match.absent(),
      SecurityConfiguration: Match.absent(),
      Timeout: Match.absent(),
      DefaultArguments: { '--extra-jars': Match.absent(), '--user-jars-first': Match.absent(), '--datalake-formats': 'delta', '--lake': 's3a://l' },
    });
  });
  test('with a Delta of its own does not ask for Glue’s, puts its jars first, and takes its Python package from the jar', () => {
    const s = stack();
    const named = (id: string) => new Asset(s, id, { path: join(ROOT, 'glue-jobs', `${id}.py`) });
    const [spark, storage, other] = [named('silver'), named('gold'), named('combined')];
    new PySparkStreamingJob(s, 'Job', { ...jobProps(s, 'a'), delta: { spark, storage }, jars: [other] });
    const [job] = Object.values(Template.fromStack(s).findResources('AWS::Glue::Job'));
    const { '--extra-jars': jars, '--extra-py-files': python, '--user-jars-first': first, ...rest } = job?.Properties.DefaultArguments ?? {};
    const resolved = (assets: Asset[]) => s.resolve(assets.map((asset) => asset.s3ObjectUrl).join(','));
    expect({ jars, python, first }).toEqual({ jars: resolved([spark, storage, other]), python: resolved([spark]), first: 'true' });
    expect(rest).not.toHaveProperty('--datalake-formats');
  });
  test('refuses fewer workers than Glue takes', () => {
    const s = stack();
    expect(() => new PySparkStreamingJob(s, 'Job', { ...jobProps(s, 'a'), numberOfWorkers: 1 })).toThrow('numberOfWorkers: 1 is too few, Glue asks for 2 at least');
  });
  test('adds Spark settings to Delta’s', () => {
    const s = stack();
    new PySparkStreamingJob(s, 'Job', { ...jobProps(s, 'a'), sparkConf: { 'spark.x': 'y' } });
    const [job] = Object.values(Template.fromStack(s).findResources('AWS::Glue::Job'));
    expect(JSON.stringify(job?.Properties.DefaultArguments['--conf'])).toMatch(/spark\.sql\.extensions=io\.delta.* --conf spark\.x=y/);
  });
});

test('a batch job ends within an hour by default, and has no maintenance window', () => {
  const s = stack();
  new PySparkBatchJob(s, 'Job', jobProps(s, 'a'));
  Template.fromStack(s).hasResourceProperties('AWS::Glue::Job', { Command: { Name: 'glueetl' }, Timeout: 60, MaintenanceWindow: Match.absent(), MaxRetries: 0 });
});

test('a batch job of the streaming jobs’ workers is refused', () => {
  const s = stack();
  expect(() => new PySparkBatchJob(s, 'Job', { ...jobProps(s, 'a'), workerType: 'G.025X' })).toThrow('workerType: Glue gives G.025X to streaming jobs alone, and a is none');
});

test('every construct can be made twice in one stack', () => {
  const s = stack();
  for (const name of ['a', 'b']) {
    new PySparkStreamingJob(s, `Job-${name}`, jobProps(s, name));
    new PySparkBatchJob(s, `Batch-${name}`, jobProps(s, `batch-${name}`));
    new GlueCode(s, `Code-${name}`, datasets).script('datasets/harmful_domains/export');
    const fn = new SluiceFunction(s, `Function-${name}`, { functionName: name, description: name, folder: 'watchdog' });
    new OnEventProvider(s, `Provider-${name}`, fn.function);
    const queue = scheduleDeadLetters(s, `Queue-${name}`, `q-${name}`);
    scheduledInvoke(s, `Schedule-${name}`, {
      scheduleName: name,
      description: name,
      schedule: ScheduleExpression.rate(Duration.minutes(5)),
      function: fn.function,
      input: ScheduleTargetInput.fromObject({}),
      deadLetters: queue,
    });
    boundedAsyncRetries(fn.function, queue);
  }
  const template = Template.fromStack(s);
  template.resourceCountIs('AWS::Glue::Job', 4);
  template.resourceCountIs('AWS::Scheduler::Schedule', 2);
  template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 2);
});

test('a function runs on Node.js 22 or newer, on arm64, with its own log group and, by default, 30 s and 256 MiB outside a VPC', () => {
  const s = stack();
  new SluiceFunction(s, 'F', { functionName: 'f', description: 'f', folder: 'watchdog' });
  const template = Template.fromStack(s);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: Match.stringLikeRegexp('^nodejs(2[2-9]|[3-9]\\d)\\.x$'),
    Architectures: ['arm64'],
    Timeout: 30,
    MemorySize: 256,
    VpcConfig: Match.absent(),
    LoggingConfig: { LogGroup: Match.anyValue() },
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/lambda/f', RetentionInDays: 30 });
});
