import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { datasets, httpSources } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { privateSubnets } from '../../lib/network/subnets.js';
import { ROOT } from '../../localstack/paths.js';
import { synthesise } from '../support/templates.js';

const STAGES = ['local', 'dev', 'prod'] as const;
type Resource = { Type: string; Properties?: Record<string, never>; DeletionPolicy?: string };
const resourcesOf = (stage: (typeof STAGES)[number], env: Record<string, string> = {}): [string, Resource][] => {
  const { stacks, template } = synthesise(stage, env);
  return (Object.keys(stacks) as (keyof typeof stacks)[]).flatMap((name) => Object.entries(template(name).toJSON().Resources as Record<string, Resource>));
};
const text = (value: unknown): string => JSON.stringify(value);

const streamingJobs = (template: Template) => Object.values(template.findResources('AWS::Glue::Job', { Properties: { Command: { Name: 'gluestreaming' } } }));

/** The jars that a job's argument names, by the names that their checksums have in jars.sha256. */
const jarsOf = (stage: (typeof STAGES)[number], argument: unknown): string[] => {
  const names = new Map(
    readFileSync(join(ROOT, 'localstack', 'install', 'jars.sha256'), 'utf8')
      .split('\n')
      .map((line) => line.split(/ {2}glue\//) as [string, string]),
  );
  return [...text(argument).matchAll(/([0-9a-f]{64}\.jar)/g)].map(([jar]) => {
    const bytes = readFileSync(join(synthesise(stage).app.outdir, `asset.${jar}`));
    return names.get(createHash('sha256').update(bytes).digest('hex')) ?? `${jar}, which jars.sha256 does not name`;
  });
};

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
    expect(rows).toHaveLength(datasets.flatMap((dataset) => dataset.tables).length + 1);
    for (const { Properties } of rows) {
      const { Parameters, StorageDescriptor, TableType } = Properties.TableInput;
      expect(TableType).toBe('EXTERNAL_TABLE');
      expect(Parameters).toMatchObject({ 'spark.sql.sources.provider': 'delta' });
      expect(Parameters).not.toHaveProperty('table_type');
      expect(StorageDescriptor.SerdeInfo.Parameters.path).toEqual(StorageDescriptor.Location);
      expect(text(StorageDescriptor.Location)).toMatch(/"s3:\/\/.*\/"/);
      expect(StorageDescriptor.Columns.length).toBeGreaterThan(5);
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
    expect(JSON.parse(topics[0]?.Properties.topics)).toEqual([
      { name: 'harmful_domains', partitions: 3, retentionMs: 604_800_000 },
      { name: 'source_checks', partitions: 1, retentionMs: 604_800_000 },
      { name: 'operations', partitions: 1, retentionMs: 604_800_000 },
    ]);
  });

  test('triggers as its contracts say, but on this machine and in the profile tiny by intervals of its own', () => {
    for (const { Properties } of streamingJobs(synthesise(stage).template('medallion'))) {
      const given = [Properties.DefaultArguments['--trigger-seconds'], Properties.DefaultArguments['--bronze-trigger-seconds']];
      // A look at S3 costs; Bronze asks Kafka.
      expect(given).toEqual({ local: ['2', '4'], dev: ['20', '10'], prod: [undefined, undefined] }[stage]);
    }
  });

  test('starts its jobs on deploy, and again when a release changes', () => {
    const medallion = synthesise(stage).template('medallion');
    const releases = streamingJobs(medallion).map(({ Properties }) => Properties.DefaultArguments['--release'] as string);
    medallion.hasResourceProperties('Custom::JobRelease', { releases: Match.anyValue() });
    const [starter] = Object.values(medallion.findResources('Custom::JobRelease'));
    expect(String(starter?.Properties.releases).split(',').sort()).toEqual(releases.sort());
  });

  test.each(Object.keys(synthesise(stage).stacks) as (keyof ReturnType<typeof synthesise>['stacks'])[])('%s stack: what it is made of', (name) => {
    const counts: Record<string, number> = {};
    for (const { Type } of Object.values(synthesise(stage).template(name).toJSON().Resources as Record<string, Resource>)) counts[Type] = (counts[Type] ?? 0) + 1;
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

describe('deployed stages', () => {
  test('dev and prod in one account share no physical name', () => {
    const names = (stage: 'dev' | 'prod') => {
      const found = new Set<string>();
      for (const [, { Properties }] of resourcesOf(stage)) {
        for (const [key, value] of Object.entries(Properties ?? {})) {
          if (/^(FunctionName|TableName|BucketName|QueueName|ClusterName|AliasName|LogGroupName|Name|GroupName)$/.test(key)) found.add(text(value));
        }
      }
      return [...found].filter((name) => !name.includes('"Ref"') && !name.includes('GetAtt') && !name.includes('ImportValue'));
    };
    const dev = names('dev');
    expect(dev.length).toBeGreaterThan(15);
    expect(dev.filter((name) => new Set(names('prod')).has(name))).toEqual([]);
    for (const name of dev) expect(name).toMatch(/dev/);
  });

  test('prod protects its stateful stacks and keeps their data', () => {
    const { stacks } = synthesise('prod');
    for (const name of ['network', 'storage', 'broker', 'topics', 'catalog'] as const) expect(stacks[name]?.terminationProtection, name).toBe(true);
    for (const type of ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::DynamoDB::Table', 'AWS::MSK::Cluster']) {
      // The key of the notifications holds no data.
      const found = resourcesOf('prod').filter(([id, { Type }]) => Type === type && !id.startsWith('Notifications'));
      expect(found.length, type).toBeGreaterThan(0);
      for (const [id, { DeletionPolicy }] of found) expect(DeletionPolicy, id).toBe('RetainExceptOnCreate');
    }
  });

  test('delete data with its stack only when config says so twice', () => {
    const policy = (env: Record<string, string>) =>
      new Set(
        resourcesOf('dev', env)
          .filter(([, { Type }]) => Type === 'AWS::S3::Bucket')
          .map(([, { DeletionPolicy }]) => DeletionPolicy),
      );
    expect(policy({ SLUICE_RETAIN_DATA: 'false' })).toEqual(new Set(['RetainExceptOnCreate']));
    expect(policy({ SLUICE_RETAIN_DATA: 'false', SLUICE_DELETE_DATA_OF: 'dev' })).toEqual(new Set(['Delete']));
  });

  test('reach Kafka with IAM and TLS only', () => {
    synthesise('dev')
      .template('broker')
      .hasResourceProperties('AWS::MSK::Cluster', {
        NumberOfBrokerNodes: 2,
        BrokerNodeGroupInfo: { InstanceType: 'kafka.t3.small' },
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
        EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
      });
    synthesise('dev', { SLUICE_BROKER: 'serverless' })
      .template('broker')
      .hasResourceProperties('AWS::MSK::ServerlessCluster', { ClientAuthentication: { Sasl: { Iam: { Enabled: true } } } });
  });

  test('stand in the zones that are named, network, brokers and jobs, else in the first ones', () => {
    const subnets = (env: Record<string, string>) =>
      Object.values(synthesise('dev', env).template('network').findResources('AWS::EC2::Subnet')).map(({ Properties }) => Properties.AvailabilityZone);
    const named = { SLUICE_ZONES: 'eu-central-1b,eu-central-1c', SLUICE_REGION: 'eu-central-1' };
    expect(subnets(named).sort()).toEqual(['eu-central-1b', 'eu-central-1b', 'eu-central-1c', 'eu-central-1c']);
    const [cluster] = Object.values(synthesise('dev', named).template('broker').findResources('AWS::MSK::Cluster'));
    expect(cluster?.Properties.BrokerNodeGroupInfo.ClientSubnets).toHaveLength(2);
    synthesise('dev', named)
      .template('medallion')
      .hasResourceProperties('AWS::Glue::Connection', { ConnectionInput: { PhysicalConnectionRequirements: { AvailabilityZone: 'eu-central-1b' } } });
    expect(text(subnets({}))).toMatch(/^\[(\{"Fn::Select":\[[01],\{"Fn::GetAZs":""\}\]\},?){4}\]$/);
  }, 120_000);

  test('take the subnets of a VPC that is there in the zones that are named, and say which it has', () => {
    const stack = new Stack(new App({ outdir: mkdtempSync(join(tmpdir(), 'sluice-zones-')) }), 'S');
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      privateSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
    });
    const of = (SLUICE_ZONES?: string) => privateSubnets(vpc, loadConfig('dev', SLUICE_ZONES === undefined ? {} : { SLUICE_ZONES })).map(({ subnetId }) => subnetId);
    expect(of()).toEqual(['subnet-a', 'subnet-b', 'subnet-c']);
    expect(of('eu-west-1c,eu-west-1b')).toEqual(['subnet-c', 'subnet-b']);
    expect(() => of('eu-west-1a,eu-west-1d')).toThrow(/SLUICE_ZONES\): the VPC has no private subnet with egress in eu-west-1d; it has them in eu-west-1a, eu-west-1b, eu-west-1c/);
  });

  test('an existing cluster is used as it is', () => {
    const env = {
      SLUICE_MSK_BOOTSTRAP_SERVERS: 'b:9098',
      SLUICE_MSK_CLUSTER_ARN: 'arn:aws:kafka:eu-west-1:111111111111:cluster/c/u',
      SLUICE_MSK_SECURITY_GROUP_ID: 'sg-0123456789abcdef0',
    };
    const { template } = synthesise('dev', env);
    template('broker').resourceCountIs('AWS::MSK::Cluster', 0);
    template('ingestion').hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { KAFKA_BOOTSTRAP_SERVERS: 'b:9098', KAFKA_AUTH: 'iam' } } });
    const policies = text(template('ingestion').findResources('AWS::IAM::Policy'));
    expect(policies).toContain('arn:aws:kafka:eu-west-1:111111111111:topic/c/u/harmful_domains');
  });

  test('give each role the Kafka actions it needs, on the topics it needs', () => {
    const ingestion = text(synthesise('dev').template('ingestion').findResources('AWS::IAM::Policy'));
    expect(ingestion).toContain('kafka-cluster:WriteData');
    expect(ingestion).not.toContain('kafka-cluster:ReadData');
    expect(ingestion).not.toContain('kafka-cluster:CreateTopic');
    const jobs = text(synthesise('dev').template('medallion').findResources('AWS::IAM::Policy'));
    expect(jobs).toContain('kafka-cluster:ReadData');
    // To the topic of operations alone: drivers tell of maintenance.
    const writes = Object.values(synthesise('dev').template('medallion').findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(({ Action }: { Action: string | string[] }) => [Action].flat().includes('kafka-cluster:WriteData')),
    );
    expect(writes.length).toBeGreaterThan(0);
    for (const { Resource } of writes) expect(text(Resource)).toMatch(/\/operations"/);
    for (const { Resource } of writes) expect(text(Resource)).not.toMatch(/harmful_domains|source_checks/);
    expect(`${ingestion}${jobs}`).not.toMatch(/kafka-cluster:\*/);
  });

  test('bring the jars that Glue lacks: IAM for Kafka, and checkpoints that can be aborted', () => {
    for (const { Properties } of streamingJobs(synthesise('dev').template('medallion'))) {
      expect(jarsOf('dev', Properties.DefaultArguments['--extra-jars'])).toEqual([
        expect.stringMatching(/^delta-spark_/),
        expect.stringMatching(/^delta-storage-/),
        expect.stringMatching(/^aws-msk-iam-auth-/),
        expect.stringMatching(/^spark-hadoop-cloud_/),
      ]);
      expect(text(Properties.DefaultArguments['--conf'])).toContain('AbortableStreamBasedCheckpointFileManager');
    }
  });

  test.each(['dev', 'prod'] as const)('run every job of %s on the Delta that keeps its history, and on no other', (stage) => {
    const jobs = (['medallion', 'publishing'] as const).flatMap((name) => Object.values(synthesise(stage).template(name).findResources('AWS::Glue::Job')));
    expect(jobs.length).toBe(stage === 'prod' ? 5 : 3);
    for (const { Properties } of jobs) {
      const { '--extra-jars': jars, '--extra-py-files': python, ...rest } = Properties.DefaultArguments;
      // What `pytest` proves of 3.3.3 (test_log_cleanup.py) holds for these very bytes.
      expect(jarsOf(stage, jars).slice(0, 2)).toEqual(['delta-spark_2.12-3.3.3.jar', 'delta-storage-3.3.3.jar']);
      expect(jarsOf(stage, python)).toEqual(['delta-spark_2.12-3.3.3.jar']);
      expect(rest).toMatchObject({ '--user-jars-first': 'true' });
      // AWS: with it, Glue's own Delta would be on the class path too.
      expect(rest).not.toHaveProperty('--datalake-formats');
    }
  });

  test('check the sources that the contracts have on, and those that the stage has switched', () => {
    const owned = (env: Record<string, string>) => {
      const functions = Object.values(synthesise('dev', env).template('orchestration').findResources('AWS::Lambda::Function'));
      const parts = functions.map(({ Properties }) => Properties.Environment?.Variables?.FLOW).find((flow) => flow !== undefined);
      const literal = parts['Fn::Join'][1].filter((part: unknown) => typeof part === 'string').join('');
      return [...literal.matchAll(/"name":"([a-z_]+)"/g)].map((match) => match[1]);
    };
    const byContract = owned({});
    expect(byContract).toEqual(expect.arrayContaining(['stevenblack', 'operator']));
    for (const { source } of httpSources().filter(({ source: { enabled } }) => !enabled)) expect(byContract).not.toContain(source.name);
    for (const off of ['openphish', 'phishtank', 'threatfox', 'urlhaus_csv']) expect(byContract).not.toContain(off);
    const switched = owned({ SLUICE_SOURCES_ON: 'openphish, threatfox', SLUICE_SOURCES_OFF: 'stevenblack' });
    expect(switched).toEqual(expect.arrayContaining(['openphish', 'threatfox']));
    for (const off of ['stevenblack', 'phishtank']) expect(switched).not.toContain(off);
    expect(() => synthesise('dev', { SLUICE_SOURCES_ON: 'nope' })).toThrow(/unknown source nope; known: stevenblack/);
  });

  test('let ingestion read what it keeps, and the keys of its sources and no other secret', () => {
    const policies = text(synthesise('dev').template('ingestion').findResources('AWS::IAM::Policy'));
    for (const folder of ['bodies', 'refused', 'snapshots']) expect(policies).toContain(`/${folder}/*`);
    const secrets = [...policies.matchAll(/:secret:([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(secrets)).toEqual(new Set(['sluice/dev/sources/phishtank-??????', 'sluice/dev/sources/abuse-ch-??????']));
  });

  test('publish the lists over HTTPS alone, from a bucket that nobody else can read', () => {
    const template = synthesise('dev').template('publishing');
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        DefaultCacheBehavior: { ViewerProtocolPolicy: 'https-only', Compress: true },
        Origins: [Match.objectLike({ OriginAccessControlId: Match.anyValue() })],
      },
    });
    template.hasResourceProperties('AWS::S3::Bucket', { PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true } });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      State: 'ENABLED',
      // A function looks whether Gold has changed: the job costs by the minute.
      ScheduleExpression: 'rate(6 hours)',
      Target: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^PublishFunction'), 'Arn'] }, RetryPolicy: { MaximumRetryAttempts: 2 }, DeadLetterConfig: Match.anyValue() },
    });
    synthesise('prod').template('publishing').hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 hour)' });
    const policies = Object.values(template.findResources('AWS::IAM::Policy'));
    const starting = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement).filter(({ Action }) => Action === 'glue:StartJobRun');
    expect(starting).toHaveLength(1);
    expect(text(starting[0].Resource)).toMatch(/:job\//);
    // The job reads Gold and nothing before it.
    expect(text(template.findResources('AWS::IAM::Policy'))).toContain('/gold/*');
    const local = synthesise('local').template('publishing');
    local.resourceCountIs('AWS::CloudFront::Distribution', 0);
    local.hasResourceProperties('AWS::Scheduler::Schedule', { State: 'DISABLED' });
  });

  test('let a lease be taken over from any run that may have held it, and the catalog be moved to a rebuilt table', () => {
    const policies = Object.values(synthesise('dev').template('medallion').findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const asking = policies.filter(({ Action }) => Action === 'glue:GetJobRun');
    expect(asking).toHaveLength(2);
    for (const { Resource } of asking) for (const job of ['combined', 'bronze', 'silver', 'gold', 'rebuild']) expect(text(Resource)).toContain(`:job/sluice-dev-${job}"`);
    const moving = policies.filter(({ Action }) => text(Action).includes('glue:UpdateTable'));
    expect(moving).toHaveLength(2);
    for (const { Resource } of moving) {
      expect(text(Resource)).toContain(':table/sluice_dev_gold/*');
      expect(text(Resource)).not.toContain('sluice_dev_quarantine');
    }
  });

  test('name their saved queries’ databases', () => {
    const queries = Object.values(synthesise('dev').template('catalog').findResources('AWS::Athena::NamedQuery'));
    const names = datasets.flatMap((dataset) => dataset.queries.map(({ name }) => `sluice-dev-${name}`));
    expect(queries.map(({ Properties }) => Properties.Name).sort()).toEqual(names.sort());
    for (const { Properties } of queries) expect(Properties.QueryString).toMatch(/sluice_dev_(gold|ops|silver)\./);
  });
});
