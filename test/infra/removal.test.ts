import { describe, expect, test, vi } from 'vitest';
import { IDENTIFIERS } from '../../bin/adopt.js';
import { isKept } from '../../lib/cost/resources.js';
import { synthesise } from '../support/templates.js';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}
type Resources = Readonly<Record<string, Resource>>;

const DELETED = { SLUICE_RETAIN_DATA: 'false', SLUICE_DELETE_DATA_OF: 'dev' };
const EXISTING = {
  SLUICE_MSK_BOOTSTRAP_SERVERS: 'b:9098',
  SLUICE_MSK_CLUSTER_ARN: 'arn:aws:kafka:eu-west-1:111111111111:cluster/c/u',
  SLUICE_MSK_SECURITY_GROUP_ID: 'sg-0123456789abcdef0',
};
vi.setConfig({ testTimeout: 180_000 });
const templatesOf = (stage: 'dev' | 'prod', env: Record<string, string> = {}): [string, Resources][] => {
  const { names, json } = synthesise(stage, env);
  return names.map((name) => [name, (json(name).Resources ?? {}) as Resources]);
};
const keptIn = (resources: Resources) => Object.entries(resources).filter(([, { DeletionPolicy }]) => isKept(DeletionPolicy));
const keptOf = (stage: 'dev' | 'prod', env: Record<string, string> = {}) =>
  templatesOf(stage, env).flatMap(([stack, resources]) => keptIn(resources).map(([, { Type }]) => `${stack} ${Type}`));

/** Logical ids that a resource needs of its own template, by `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn`. */
function needs(resource: Resource, names: readonly string[]): string[] {
  const text = JSON.stringify([resource.Properties, resource.DependsOn]);
  return names.filter((name) => text.includes(`"${name}"`) || text.includes(`\${${name}`));
}

describe.each([
  ['dev', {}],
  ['dev', { SLUICE_BROKER: 'serverless' }],
  ['prod', { SLUICE_BACKUP_DAYS: '7' }],
] as const)('what a removal of %s %o leaves behind', (stage, env) => {
  test('is data, their key, the broker and what it stands on, and nothing else', () => {
    const broker = 'SLUICE_BROKER' in env ? ['broker AWS::MSK::ServerlessCluster'] : ['broker AWS::Logs::LogGroup', 'broker AWS::MSK::Cluster', 'broker AWS::MSK::Configuration'];
    expect(keptOf(stage, env).sort()).toEqual(
      [
        ...broker,
        ...('SLUICE_BACKUP_DAYS' in env ? ['backup AWS::Backup::BackupVault'] : []),
        'broker AWS::EC2::SecurityGroup',
        ...Array.from({ length: stage === 'prod' ? 3 : 2 }, () => 'network AWS::EC2::Subnet'),
        'network AWS::EC2::VPC',
        'publishing AWS::S3::Bucket',
        'storage AWS::DynamoDB::Table',
        'storage AWS::KMS::Key',
        ...Array.from({ length: 5 }, () => 'storage AWS::S3::Bucket'),
      ].sort(),
    );
  });

  test('stays in updates too, and does not outlive a first deploy that fails: that would stand in the way of the next', () => {
    for (const [stack, resources] of templatesOf(stage, env))
      for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of keptIn(resources))
        expect([DeletionPolicy, UpdateReplacePolicy], `${stack} ${id}`).toEqual(['RetainExceptOnCreate', 'Retain']);
  });

  test('can be imported by the next deploy: each type has an identifier, and none needs what is gone', () => {
    for (const [stack, resources] of templatesOf(stage, env)) {
      const names = Object.keys(resources);
      const kept = new Set(keptIn(resources).map(([id]) => id));
      for (const [id, resource] of keptIn(resources)) {
        expect(IDENTIFIERS, `${stack} ${id}`).toHaveProperty([resource.Type]);
        expect(
          needs(resource, names).filter((name) => !kept.has(name)),
          `${stack} ${id}`,
        ).toEqual([]);
      }
    }
  });

  test('keeps no subnet that is not private: addresses and gateways of public ones are made anew', () => {
    const network = Object.fromEntries(templatesOf(stage, env)).network ?? {};
    for (const [id, { Type }] of keptIn(network)) if (Type === 'AWS::EC2::Subnet') expect(id).toMatch(/^Vpcprivate/);
  });
});

describe('a removal', () => {
  test('of a stage whose data may go leaves nothing, and empties every bucket first, that of the access logs included', () => {
    expect(keptOf('dev', DELETED)).toEqual([]);
    for (const [stack, resources] of templatesOf('dev', DELETED)) {
      const of = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
      const emptied = of('Custom::S3AutoDeleteObjects').map(([, { Properties }]) => (Properties?.BucketName as { Ref: string } | undefined)?.Ref);
      expect(emptied.sort(), stack).toEqual(
        of('AWS::S3::Bucket')
          .map(([id]) => id)
          .sort(),
      );
    }
  });

  test('empties no bucket of a stage whose data stay', () => {
    for (const [, resources] of templatesOf('prod')) expect(Object.values(resources).map(({ Type }) => Type)).not.toContain('Custom::S3AutoDeleteObjects');
  });

  test(
    'with a broker of somebody else’s takes the network along: nothing of ours stands in it',
    () => expect(keptOf('dev', EXISTING).filter((each) => /^(network|broker) /.test(each))).toEqual([]),
    120_000,
  );

  test('stops the streaming runs after the schedule is gone, which would start them again, and before the jobs go', () => {
    const medallion = Object.fromEntries(templatesOf('dev')).medallion ?? {};
    const of = (type: string) => Object.entries(medallion).filter(([, resource]) => resource.Type === type);
    const [[start, starter] = ['', undefined]] = of('Custom::JobRelease');
    // CloudFormation deletes what depends on something before that.
    for (const [, { DependsOn }] of of('AWS::Scheduler::Schedule')) expect([DependsOn].flat()).toContain(start);
    for (const [id, { Properties }] of of('AWS::Glue::Job'))
      if ((Properties?.Command as { Name: string } | undefined)?.Name === 'gluestreaming') expect([starter?.DependsOn].flat()).toContain(id);
  });

  test.each<Record<string, string>>([{}, { SLUICE_BROKER: 'serverless' }])(
    'and a change of broker or network %o is not held up by who uses them: nothing of theirs is exported',
    (env) => {
      const { names, stack, json, template } = synthesise('dev', env);
      const used = names.map((name) => [name, JSON.stringify(json(name))] as const);
      for (const name of ['network', 'broker'] as const)
        for (const output of Object.values(template(name).toJSON().Outputs as Record<string, object>)) expect(output, name).not.toHaveProperty('Export');
      for (const [name, json] of used) expect(json, name).not.toMatch(/"Fn::ImportValue":"sluice-dev-(network|broker):/);
      // Who uses the broker reads its outputs at each deploy, and comes after it; data are exported as ever.
      for (const name of ['topics', 'medallion', 'ingestion', 'monitoring', 'orchestration'] as const) {
        expect(JSON.stringify(template(name).toJSON()), name).toContain('"Fn::GetStackOutput":{"StackName":"sluice-dev-broker"');
        expect(stack(name).dependencies, name).toEqual(expect.arrayContaining(['broker', 'network']));
      }
      expect(JSON.stringify(template('medallion').toJSON())).toContain('"Fn::ImportValue":"sluice-dev-storage:');
    },
  );

  test('a broker of another kind has other names and outputs, so that who uses it is deployed anew, and says which it is', () => {
    const of = (env: Record<string, string>) => synthesise('dev', env).template('broker').toJSON() as { Outputs: object; Metadata: { SluiceBroker: object }; Resources: Resources };
    const [provisioned, serverless] = [of({}), of({ SLUICE_BROKER: 'serverless' })];
    const name = ({ Resources }: { Resources: Resources }) => Object.values(Resources).find(({ Type }) => /^AWS::MSK::(Serverless)?Cluster$/.test(Type))?.Properties?.ClusterName;
    expect([name(provisioned), name(serverless)]).toEqual(['sluice-dev-kafka', 'sluice-dev-kafka-serverless']);
    expect(Object.keys(provisioned.Outputs).some((output) => output.includes('Provisioned'))).toBe(true);
    expect(Object.keys(serverless.Outputs).some((output) => output.includes('Provisioned'))).toBe(false);
    expect(provisioned.Metadata.SluiceBroker).toEqual({ kind: 'provisioned', vpc: 'its own', zones: 'the first 2' });
    const moved = synthesise('dev', { SLUICE_ZONES: 'eu-central-1b,eu-central-1c' }).template('broker').toJSON().Metadata.SluiceBroker;
    expect(moved).toEqual({ kind: 'provisioned', vpc: 'its own', zones: 'eu-central-1b, eu-central-1c' });
  });

  test('is not held up by a workgroup that has been asked something', () => {
    const catalog = Object.fromEntries(templatesOf('prod')).catalog ?? {};
    const [workgroup] = Object.values(catalog).filter(({ Type }) => Type === 'AWS::Athena::WorkGroup');
    expect(workgroup?.Properties?.RecursiveDeleteOption).toBe(true);
  });
});
