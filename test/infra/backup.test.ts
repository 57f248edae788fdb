import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/config.js';
import { StorageStack } from '../../lib/storage/storage-stack.js';
import { synthesise } from '../support/templates.js';

const versions = (stage: 'local' | 'dev' | 'prod', env: Record<string, string> = {}) =>
  Object.entries(
    Template.fromStack(new StorageStack(new App({ builtinCloudFormationValidation: false }), 'storage', { config: loadConfig(stage, env) })).findResources('AWS::S3::Bucket'),
  )
    .filter(([, { Properties }]) => Properties.VersioningConfiguration?.Status === 'Enabled')
    .map(([id, { Properties }]) => [id.replace(/[0-9A-F]{8}$/, ''), Properties.LifecycleConfiguration.Rules]);

describe('what is deleted or overwritten', () => {
  test('can be brought back for the days of the profile in lake and landing, and nothing current expires by it', () => {
    expect(versions('dev')).toEqual([]);
    expect(versions('local', { SLUICE_VERSIONS_DAYS: '7' })).toEqual([]);
    const rule = { NoncurrentVersionExpiration: { NoncurrentDays: 30 }, ExpiredObjectDeleteMarker: true, Status: 'Enabled' };
    const kept = versions('prod');
    expect(kept.map(([id]) => id)).toEqual(['Lake', 'Landing']);
    for (const [, rules] of kept) expect(rules).toContainEqual(rule);
    expect(versions('dev', { SLUICE_PROFILE: 'standard' })[0]?.[1]).toContainEqual({ ...rule, NoncurrentVersionExpiration: { NoncurrentDays: 7 } });
  }, 120_000);
});

describe('daily copies', () => {
  const env = { SLUICE_BACKUP_DAYS: '35' };

  test('are made only where config asks, and not on this machine', () => expect(synthesise('local', { ...env, SLUICE_VERSIONS_DAYS: '7' }).names).not.toContain('backup'), 120_000);

  test('hold lake, landing and state table, encrypted, for the days that config says', () => {
    const { template, findings } = synthesise('prod', env);
    const backup = template('backup');
    expect(findings()).toEqual([]);
    backup.hasResource('AWS::Backup::BackupVault', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { BackupVaultName: 'sluice-prod-backups', EncryptionKeyArn: { 'Fn::ImportValue': Match.stringLikeRegexp('storage.*Key') } },
    });
    backup.hasResourceProperties('AWS::Backup::BackupPlan', {
      BackupPlan: {
        BackupPlanRule: [Match.objectLike({ ScheduleExpression: 'cron(30 3 * * ? *)', Lifecycle: { DeleteAfterDays: 35 }, StartWindowMinutes: 60, CompletionWindowMinutes: 720 })],
      },
    });
    const [selection] = Object.values(backup.findResources('AWS::Backup::BackupSelection'));
    const resources = JSON.stringify(selection?.Properties.BackupSelection.Resources);
    for (const name of ['Lake', 'Landing', 'State']) expect(resources).toMatch(new RegExp(`ImportValue[^}]*${name}[^}]*Arn`));
    expect(selection?.Properties.BackupSelection.Resources).toHaveLength(3);
  }, 120_000);

  test('are made by a role that AWS Backup alone assumes, with its rights on S3 and on the key', () => {
    const backup = synthesise('prod', env).template('backup');
    const [role] = Object.values(backup.findResources('AWS::IAM::Role'));
    expect(JSON.stringify(role?.Properties.AssumeRolePolicyDocument)).toContain('"Service":"backup.amazonaws.com"');
    const policies = JSON.stringify(role?.Properties.ManagedPolicyArns);
    for (const name of [
      'service-role/AWSBackupServiceRolePolicyForBackup',
      'service-role/AWSBackupServiceRolePolicyForRestores',
      'AWSBackupServiceRolePolicyForS3Backup',
      'AWSBackupServiceRolePolicyForS3Restore',
    ])
      expect(policies).toContain(name);
    backup.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['kms:Decrypt', 'kms:GenerateDataKey*']) })]) },
    });
  }, 120_000);
});
