import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { datasets, httpSources } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { privateSubnets } from '../../lib/network/subnets.js';
import { jarsOf, streamingJobs } from '../support/glue-jobs.js';
import { synthesise } from '../support/templates.js';

type Resource = { Type: string; Properties?: Record<string, never>; DeletionPolicy?: string };
const resourcesOf = (stage: 'dev' | 'prod', env: Record<string, string> = {}): [string, Resource][] => {
  const { names, json } = synthesise(stage, env);
  return names.flatMap((name) => Object.entries(json(name).Resources as Record<string, Resource>));
};
const text = (value: unknown): string => JSON.stringify(value);

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
    const { stack } = synthesise('prod');
    for (const name of ['network', 'storage', 'broker', 'topics', 'catalog'] as const) expect(stack(name).terminationProtection, name).toBe(true);
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
    const stack = new Stack(new App(), 'S');
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
