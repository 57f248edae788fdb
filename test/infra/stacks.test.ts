import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { exportingDataset, isFed } from '../../contracts/index.js';
import { datasets, httpSources, lakeTables } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { isHourly } from '../../lib/ingestion/sources.js';
import { LAYOUTS } from '../../lib/medallion/layouts.js';
import { alarmsOf } from '../../lib/monitoring/alarms.js';
import { deadLetterQueues } from '../../lib/shared/queues.js';
import { streamingJobs } from '../support/glue-jobs.js';
import { type StackName, synthesise } from '../support/templates.js';

const STAGES = ['local', 'dev', 'prod'] as const;
const text = (value: unknown): string => JSON.stringify(value);

/** How many of what a stage has by its contracts: a new dataset changes these, and no snapshot. */
function ofContracts(stage: (typeof STAGES)[number]): Partial<Record<StackName, Record<string, number>>> {
  const config = loadConfig(stage, {});
  const jobs = Object.keys(LAYOUTS[config.medallion.layout]);
  const queues = deadLetterQueues({ exports: exportingDataset(datasets) !== null });
  return {
    catalog: { 'AWS::Glue::Table': lakeTables().length, 'AWS::Athena::NamedQuery': config.capabilities.namedQueries ? datasets.flatMap(({ queries }) => queries).length : 0 },
    ingestion: { 'AWS::Scheduler::Schedule': httpSources().filter(({ source }) => !isHourly(source)).length },
    monitoring: {
      'AWS::CloudWatch::Alarm': alarmsOf({ config, datasets, jobs, deadLetterQueues: queues, flowArn: '' }).length,
      'AWS::CloudWatch::CompositeAlarm': config.capabilities.compositeAlarms ? 1 + datasets.length : 0,
    },
  };
}

describe.each(STAGES)('stage %s', (stage) => {
  test('has no cdk-nag finding that is not acknowledged', () => expect(synthesise(stage).findings()).toEqual([]), 120_000);

  test('encrypts every bucket, and takes TLS only', () => {
    const { template } = synthesise(stage);
    const storage = template('storage');
    const buckets = Object.entries(storage.findResources('AWS::S3::Bucket'));
    expect(buckets).toHaveLength(5);
    for (const [id, bucket] of buckets) {
      const kind = id.startsWith('AccessLogs') ? 'AES256' : 'aws:kms';
      expect(text(bucket.Properties.BucketEncryption), id).toContain(kind);
      const policy = Object.values(storage.findResources('AWS::S3::BucketPolicy')).find(({ Properties }) => Properties.Bucket.Ref === id);
      expect(text(policy?.Properties.PolicyDocument), id).toContain('"aws:SecureTransport":"false"');
    }
  });

  test('expires nothing in the lake or the checkpoints', () => {
    for (const [id, bucket] of Object.entries(synthesise(stage).template('storage').findResources('AWS::S3::Bucket'))) {
      // Versions that are not current are no table's data.
      const rules = text(bucket.Properties.LifecycleConfiguration).replaceAll(/"NoncurrentVersionExpiration":\{"NoncurrentDays":\d+\}/g, '');
      if (/^(Lake|Checkpoints)/.test(id)) expect(rules).not.toMatch(/Expiration(?!\w*Marker)|Transition/);
    }
  });

  test('pins Glue’s version, workers and one run at a time, and leaves the timeout of a streaming job unset', () => {
    const jobs = streamingJobs(synthesise(stage).template('medallion'));
    expect(jobs).toHaveLength(stage === 'prod' ? 3 : 1);
    for (const { Properties } of jobs) {
      expect(Properties).toMatchObject({
        GlueVersion: '5.1',
        WorkerType: stage === 'dev' ? 'G.025X' : 'G.1X',
        NumberOfWorkers: 2,
        ExecutionProperty: { MaxConcurrentRuns: 1 },
        MaxRetries: 0,
        MaintenanceWindow: 'Sun:3',
        Command: { Name: 'gluestreaming', PythonVersion: '3' },
      });
      expect(Properties).not.toHaveProperty('Timeout');
      expect(Properties.DefaultArguments['--release']).toMatch(/^[0-9a-f]{16}$/);
      expect(text(Properties.DefaultArguments['--conf'])).toContain('io.delta.sql.DeltaSparkSessionExtension');
    }
  });

  test('bounds the retries of every schedule, with a dead-letter queue', () => {
    for (const name of ['medallion', 'monitoring', 'orchestration'] as const) {
      const schedules = Object.values(synthesise(stage).template(name).findResources('AWS::Scheduler::Schedule'));
      expect(schedules.length).toBeGreaterThan(0);
      for (const { Properties } of schedules) {
        expect(Properties.Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 });
        expect(Properties.Target.DeadLetterConfig.Arn).toBeDefined();
      }
    }
  });

  test('keeps what the ingest function fails at for good', () =>
    synthesise(stage)
      .template('ingestion')
      .hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 300,
        DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      }));

  test('lets the ingest function write its own folders of the landing bucket and nothing of the lake', () => {
    const policies = Object.values(synthesise(stage).template('ingestion').findResources('AWS::IAM::Policy')).filter(({ Properties }) => text(Properties).includes('s3:PutObject'));
    expect(policies).toHaveLength(1);
    const statements = policies[0]?.Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[];
    const puts = statements.filter(({ Action }) => [Action].flat().includes('s3:PutObject'));
    expect(text(puts)).toMatch(/Landing.*bodies\/\*/);
    expect(text(statements)).not.toMatch(/Lake|Checkpoints/);
    expect(text(statements)).not.toContain('s3:DeleteObject');
  });

  test('has every table of the contracts in the catalog, with real columns, in the form that Athena and Trino read', () => {
    const catalog = synthesise(stage).template('catalog');
    const rows = Object.values(catalog.findResources('AWS::Glue::Table'));
    expect(rows).toHaveLength(lakeTables().length);
    for (const { Properties } of rows) {
      const { Parameters, StorageDescriptor, TableType } = Properties.TableInput;
      expect(TableType).toBe('EXTERNAL_TABLE');
      expect(Parameters).toMatchObject({ 'spark.sql.sources.provider': 'delta' });
      expect(Parameters).not.toHaveProperty('table_type');
      expect(StorageDescriptor.SerdeInfo.Parameters.path).toEqual(StorageDescriptor.Location);
      expect(text(StorageDescriptor.Location)).toMatch(/"s3:\/\/.*\/"/);
      expect(StorageDescriptor.Columns.length).toBeGreaterThan(3);
    }
    const gold = rows.find(({ Properties }) => Properties.TableInput.Name === 'harmful_domains' && text(Properties.DatabaseName).includes('gold'));
    expect(gold?.Properties.TableInput.StorageDescriptor.Columns).toContainEqual({
      Name: 'sources',
      Type: expect.stringMatching(/^array<struct<source:string,action:string,scope:string,.*valid_until:timestamp>>$/),
      Comment: expect.any(String),
    });
  });

  test('holds queries to a workgroup with encrypted results and a scan limit', () =>
    synthesise(stage)
      .template('catalog')
      .hasResourceProperties('AWS::Athena::WorkGroup', {
        WorkGroupConfiguration: {
          EnforceWorkGroupConfiguration: true,
          BytesScannedCutoffPerQuery: 107_374_182_400,
          ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: Match.anyValue() } },
        },
      }));

  test('asks for the topics of the contracts', () => {
    const topics = Object.values(synthesise(stage).template('topics').findResources('Custom::KafkaTopics'));
    expect(JSON.parse(topics[0]?.Properties.topics)).toEqual(
      datasets.filter(isFed).map(({ name, topic: { partitions, retentionHours } }) => ({ name, partitions, retentionMs: retentionHours * 3_600_000 })),
    );
  });

  test('triggers as its contracts say, but on this machine and in the profile tiny by intervals of its own', () => {
    for (const { Properties } of streamingJobs(synthesise(stage).template('medallion'))) {
      const given = [Properties.DefaultArguments['--trigger-seconds'], Properties.DefaultArguments['--bronze-trigger-seconds']];
      // A look at S3 costs; Bronze asks Kafka.
      expect(given).toEqual({ local: ['2', '4'], dev: ['20', '10'], prod: [undefined, undefined] }[stage]);
    }
  });

  test('starts its jobs on deploy, and again when a fingerprint changes', () => {
    const medallion = synthesise(stage).template('medallion');
    const fingerprints = streamingJobs(medallion).map(({ Properties }) => Properties.DefaultArguments['--release'] as string);
    medallion.hasResourceProperties('Custom::JobRelease', { releases: Match.anyValue() });
    const [starter] = Object.values(medallion.findResources('Custom::JobRelease'));
    expect(String(starter?.Properties.releases).split(',').sort()).toEqual(fingerprints.sort());
  });

  test.each(synthesise(stage).names)('%s stack: what it is made of', (name) => {
    const counts: Record<string, number> = {};
    for (const { Type } of Object.values(synthesise(stage).json(name).Resources as Record<string, { Type: string }>)) counts[Type] = (counts[Type] ?? 0) + 1;
    for (const [type, count] of Object.entries(ofContracts(stage)[name] ?? {})) {
      expect(counts[type] ?? 0, type).toBe(count);
      delete counts[type];
    }
    expect(Object.fromEntries(Object.entries(counts).sort())).toMatchSnapshot();
  });
});

test('only the local stage’s watchdog is sent to the front door', () => {
  const endpoints = (stage: (typeof STAGES)[number]) =>
    Object.values(synthesise(stage).template('medallion').findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties.Environment?.Variables?.AWS_ENDPOINT_URL_GLUE ?? [],
    );
  expect(endpoints('local')).toEqual(['http://127.0.0.1:4566']);
  expect([...endpoints('dev'), ...endpoints('prod')]).toEqual([]);
});
