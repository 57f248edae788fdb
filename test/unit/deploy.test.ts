import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import { placeOf } from '../../bin/account.js';
import { leftBehind, mappingOf, wantedOf } from '../../bin/adopt.js';
import { type AssemblyStack, bootstrapVersionOf, stacksOf } from '../../bin/assembly.js';
import { deploy } from '../../bin/commands/stages/deploy/carry-out.js';
import { bootstrapped } from '../../bin/commands/stages/deploy/plan.js';
import { deployedStacks, keptOf } from '../../bin/deployed.js';
import { assertBrokerIsWanted, assertSameBroker } from '../../bin/same-broker.js';
import { ROOT } from '../../localstack/paths.js';

/** A CloudFormation that answers by the command's name. */
const cloudFormation = (answers: Record<string, (input: Record<string, unknown>) => unknown>): CloudFormationClient =>
  Object.assign(new CloudFormationClient({ region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }), {
    send: async (command: { readonly input: Record<string, unknown> }) => {
      const answer = answers[command.constructor.name];
      if (!answer) throw new Error(`nothing answers ${command.constructor.name}`);
      return answer(command.input);
    },
  });

const named = (name: string): Error => Object.assign(new Error(name), { name });
const stack = (name: string, dependencies: string[] = [], Resources: AssemblyStack['template']['Resources'] = {}): AssemblyStack => ({
  name,
  dependencies,
  template: { Resources },
});

describe('where a stage is deployed to', () => {
  const of = (account: string | Error, region: string | Error) => ({
    account: async () => {
      if (account instanceof Error) throw account;
      return account;
    },
    region: async () => {
      if (region instanceof Error) throw region;
      return region;
    },
  });
  const dev = { stage: 'dev' } as const;
  test('is what the credentials say', async () => expect(await placeOf(dev, of('111111111111', 'eu-west-1'))).toEqual({ account: '111111111111', region: 'eu-west-1' }));
  test.each([
    ['no region', dev, of('111111111111', named('Error')), /no region to deploy stage dev to: set SLUICE_REGION in \.env, or AWS_REGION/, 2],
    ['no credentials', dev, of(named('CredentialsProviderError'), 'eu-west-1'), /no AWS credentials: log in \(aws sso login\), or set AWS_PROFILE/, 2],
    ['credentials that are over', dev, of(named('ExpiredTokenException'), 'eu-west-1'), /do not hold in eu-west-1 \(ExpiredTokenException\): log in again/, 1],
    ['another account', { ...dev, account: '222222222222' }, of('111111111111', 'eu-west-1'), /is for account 222222222222, the credentials are of 111111111111/, 2],
  ])('is refused with %s, naming the way out', async (_what, config, caller, message, exitCode) => {
    await expect(placeOf(config, caller)).rejects.toThrow(message);
    await expect(placeOf(config, caller)).rejects.toMatchObject({ exitCode });
  });
});

test('the stacks of an assembly come each after those that it needs, and say which bootstrap they need', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-assembly-'));
  const artifact = (dependencies: string[]) => ({
    type: 'aws:cloudformation:stack',
    dependencies: [...dependencies, 'assets'],
    properties: { templateFile: 't.json', requiresBootstrapStackVersion: 6 },
  });
  writeFileSync(join(folder, 't.json'), '{"Resources":{"X":{"Type":"T"}}}');
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({ artifacts: { c: artifact(['b', 'a']), b: artifact(['a']), a: artifact([]), assets: { type: 'cdk:asset-manifest' } } }),
  );
  expect(stacksOf(folder).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(stacksOf(folder)[0]?.template.Resources?.X?.Type).toBe('T');
  expect(bootstrapVersionOf(folder)).toBe(6);
});

describe('bootstrapping', () => {
  const toolkit = (version: string) => cloudFormation({ DescribeStacksCommand: () => ({ Stacks: [{ Outputs: [{ OutputKey: 'BootstrapVersion', OutputValue: version }] }] }) });
  const failing = (message: string) =>
    cloudFormation({
      DescribeStacksCommand: () => {
        throw new Error(message);
      },
    });
  test('is known by its version, and that there is none', async () => {
    expect(await bootstrapped(toolkit('21'))).toBe(21);
    expect(await bootstrapped(failing('Stack with id CDKToolkit does not exist'))).toBe(0);
    await expect(bootstrapped(failing('AccessDenied'))).rejects.toThrow(/AccessDenied\. The credentials need the rights to deploy/);
  });
  test('comes first where it is needed, then one deploy of all', async () => {
    const calls: string[] = [];
    const cdk = async (...args: string[]) => {
      calls.push(args.slice(0, 2).join(' '));
    };
    const place = { account: '111111111111', region: 'eu-west-1', adopts: [] };
    await deploy({ ...place, bootstrap: true }, '/nowhere', cdk, []);
    await deploy({ ...place, bootstrap: false }, '/nowhere', cdk, []);
    expect(calls).toEqual(['bootstrap aws://111111111111/eu-west-1', 'deploy --all', 'deploy --all']);
  });
});

describe('what a removal left behind', () => {
  const BUCKET = { Type: 'AWS::S3::Bucket', DeletionPolicy: 'RetainExceptOnCreate' };
  const storage = stack('sluice-dev-storage', [], { Lake: BUCKET, Gone: { Type: 'AWS::S3::BucketPolicy' } });
  const network = stack('sluice-dev-network');
  const broker = stack('sluice-dev-broker', ['sluice-dev-network', 'sluice-dev-storage'], { Cluster: { Type: 'AWS::MSK::Cluster', DeletionPolicy: 'Retain' } });
  const topics = stack('sluice-dev-topics', ['sluice-dev-broker']);
  const summaries = (StackName: string, StackId: string, day: number) => ({ StackName, StackId, DeletionTime: new Date(Date.UTC(2026, 0, day)) });
  const event = (LogicalResourceId: string, ResourceType: string, PhysicalResourceId: string, ResourceStatus: string, minute: number) => ({
    LogicalResourceId,
    ResourceType,
    PhysicalResourceId,
    ResourceStatus,
    Timestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)),
  });
  const ofStack = (id: string, status: string, minute: number) => event('a-stack', 'AWS::CloudFormation::Stack', id, status, minute);
  const HISTORY: Record<string, object[]> = {
    'id-failed': [ofStack('id-failed', 'DELETE_IN_PROGRESS', 9), ofStack('id-failed', 'ROLLBACK_COMPLETE', 8)],
    'id-new': [
      event('Gone', 'AWS::S3::BucketPolicy', 'policy', 'DELETE_COMPLETE', 6),
      event('Lake', 'AWS::S3::Bucket', 'lake', 'DELETE_SKIPPED', 6),
      event('NotWantedAnyMore', 'AWS::S3::Bucket', 'old', 'DELETE_SKIPPED', 6),
      ofStack('id-new', 'DELETE_IN_PROGRESS', 5),
      event('Lake', 'AWS::S3::Bucket', 'replaced by an update', 'DELETE_SKIPPED', 3),
    ],
    'id-broker': [event('Cluster', 'AWS::MSK::Cluster', 'arn:c', 'DELETE_SKIPPED', 6), ofStack('id-broker', 'DELETE_IN_PROGRESS', 5)],
    'id-old': [event('Lake', 'AWS::S3::Bucket', 'older', 'DELETE_SKIPPED', 6), ofStack('id-old', 'DELETE_IN_PROGRESS', 5)],
  };
  const client = cloudFormation({
    ListStacksCommand: ({ StackStatusFilter }) => {
      expect(StackStatusFilter).toEqual(['DELETE_COMPLETE']);
      return {
        StackSummaries: [
          summaries('sluice-dev-storage', 'id-old', 1),
          summaries('sluice-dev-storage', 'id-failed', 3),
          summaries('sluice-dev-storage', 'id-new', 2),
          summaries('sluice-prod-storage', 'id-other', 3),
          summaries('sluice-dev-broker', 'id-broker', 2),
        ],
      };
    },
    DescribeStackEventsCommand: ({ StackName }) => ({ StackEvents: HISTORY[String(StackName)] }),
  });
  const lake = { stack: 'sluice-dev-storage', resource: 'Lake', type: 'AWS::S3::Bucket', id: 'lake' };
  const cluster = { stack: 'sluice-dev-broker', resource: 'Cluster', type: 'AWS::MSK::Cluster', id: 'arn:c' };

  test('is what CloudFormation skipped when it deleted the stack the last time that it had been made, and the stage still has', async () => {
    const left = async (deployed: string[]) => wantedOf(await leftBehind(client, [storage, network, broker], new Set(deployed)), [storage, network, broker]);
    expect(await left([])).toEqual([lake, cluster]);
    expect(await left(['sluice-dev-storage'])).toEqual([cluster]);
  });

  test('is imported stack by stack, each deployed before the next, which needs what it exports; then all is deployed', async () => {
    const calls: string[] = [];
    const cdk = async (...args: string[]) => {
      calls.push(args[0] === 'import' ? `import ${args[1]} ${args[5]}` : args.slice(0, 2).join(' '));
    };
    const place = { account: '111111111111', region: 'eu-west-1', bootstrap: false };
    await deploy({ ...place, adopts: [lake, cluster] }, '/nowhere', cdk, [network, storage, broker, topics]);
    expect(calls).toEqual([
      'deploy sluice-dev-network',
      'import sluice-dev-storage {"Lake":{"BucketName":"lake"}}',
      'deploy sluice-dev-storage',
      'import sluice-dev-broker {"Cluster":{"Arn":"arn:c"}}',
      'deploy sluice-dev-broker',
      'deploy --all',
    ]);
    expect(() => mappingOf([{ ...lake, type: 'AWS::X::Y' }], lake.stack)).toThrow(/nothing is known of how AWS::X::Y is imported/);
  });

  test('is told beforehand from what is deployed, not from what would be', async () => {
    const deployed = cloudFormation({
      DescribeStacksCommand: () => ({
        Stacks: [
          { StackName: 'sluice-dev-storage', StackStatus: 'CREATE_COMPLETE', EnableTerminationProtection: true },
          { StackName: 'sluice-dev-old', StackStatus: 'REVIEW_IN_PROGRESS' },
          { StackName: 'sluice-prod-storage', StackStatus: 'CREATE_COMPLETE' },
        ],
      }),
      GetTemplateCommand: () => ({ TemplateBody: JSON.stringify(storage.template) }),
      ListStackResourcesCommand: () => ({
        StackResourceSummaries: [
          { LogicalResourceId: 'Lake', ResourceType: 'AWS::S3::Bucket', PhysicalResourceId: 'lake' },
          { LogicalResourceId: 'Gone', ResourceType: 'AWS::S3::BucketPolicy', PhysicalResourceId: 'policy' },
        ],
      }),
    });
    const stacks = await deployedStacks(deployed, 'sluice-dev-');
    expect(stacks.map(({ name, terminationProtection, failed }) => [name, terminationProtection, failed])).toEqual([['sluice-dev-storage', true, false]]);
    expect(await keptOf(deployed, stacks)).toEqual([lake]);
  });
});

describe('another broker under a lake that is there', () => {
  const broker = (identity: Record<string, string>) => ({
    name: 'sluice-dev-broker',
    dependencies: [],
    failed: false,
    terminationProtection: false,
    template: { Metadata: { SluiceBroker: identity } },
  });
  const was = { kind: 'provisioned', vpc: 'its own', zones: 'the first 2' };
  test.each([
    ['of another kind', { kind: 'serverless', vpc: 'its own', zones: 'the first 2' }],
    ['in another network', { ...was, vpc: 'vpc-1' }],
    ['in other zones', { ...was, zones: 'eu-west-1b, eu-west-1c' }],
    ['of somebody else’s', { kind: 'existing', clusterArn: 'arn:c' }],
  ])('%s is refused, with both named and the way to take', (_what, is) =>
    expect(() => assertSameBroker('dev', [broker(was)], [broker(is)])).toThrow(
      /^sluice-dev-broker has a broker of kind provisioned, vpc its own, zones the first 2; this would make one of kind .* Set SLUICE_BROKER, .* back; or give the lake up: .* \.\/sluice destroy --stage dev/,
    ),
  );
  test('the same one, and the first, are not', () => {
    expect(() => assertSameBroker('dev', [broker(was)], [broker(was)])).not.toThrow();
    expect(() => assertSameBroker('dev', [], [broker(was)])).not.toThrow();
  });
  test('is refused also where a removal has left both behind', () => {
    const lake = { stack: 's', resource: 'Lake', type: 'AWS::S3::Bucket', id: 'lake' };
    const cluster = { stack: 'b', resource: 'Provisioned', type: 'AWS::MSK::Cluster', id: 'arn:c' };
    expect(() => assertBrokerIsWanted('dev', [lake, cluster], [lake])).toThrow(/left its broker arn:c behind, and this would make another/);
    expect(() => assertBrokerIsWanted('dev', [lake, cluster], [lake, cluster])).not.toThrow();
  });
});

describe('a wrong use of deploy and destroy', () => {
  const env: Record<string, string | undefined> = { ...process.env, AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete env[name];
  const sluice = (args: string[], extra: Record<string, string> = {}) =>
    spawnSync(process.execPath, ['--import', `file://${ROOT}/node_modules/tsx/dist/loader.mjs`, 'bin/sluice.ts', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...env, ...extra },
    });
  test.each([
    ['an unknown stage', ['deploy', '--stage', 'test'], {}, /unknown stage "test": use -c stage=local \| dev \| prod/],
    ['no credentials', ['destroy', '--stage', 'dev'], { AWS_REGION: 'eu-west-1' }, /no AWS credentials: log in/],
  ])(
    'with %s names the way out and ends with 2',
    (_what, args, extra, message) => {
      const { status, stderr } = sluice(args, extra);
      expect(stderr).toMatch(message);
      expect(status).toBe(2);
    },
    60_000,
  );
});
