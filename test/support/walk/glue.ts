import { GLUE_LOGS, glueLogGroup } from '../../../lib/shared/glue-logs.js';
import { keyNamed, keyOf, lacksOfKey, WRITE } from './keys.js';
import { may, type Role } from './roles.js';
import { roleOf } from './services.js';
import { at, type Json, listOf, type Resource, type StageTemplates } from './templates.js';

/** Worker types of batch jobs (docs.aws.amazon.com/glue/latest/dg/worker-types.html): G.025X is of streaming jobs alone. */
const BATCH_WORKERS: ReadonlySet<string> = new Set(['G.1X', 'G.2X', 'G.4X', 'G.8X', 'G.12X', 'G.16X', 'R.1X', 'R.2X', 'R.4X', 'R.8X']);

const workers = ({ id, properties }: Resource): string[] => {
  const [command, type] = [at(properties.Command, 'Name'), String(properties.WorkerType)];
  return command === 'gluestreaming' || BATCH_WORKERS.has(type) ? [] : [`${id} is a ${String(command)} job of worker type ${type}, which Glue gives to streaming jobs alone`];
};

/** The groups that a job's encrypted runs log to: there, with a retention and the very key, and open to its role. */
function logs(job: Resource, role: Role, key: Resource, securityConfiguration: string, stage: StageTemplates): string[] {
  return GLUE_LOGS.flatMap((kind) => {
    const name = glueLogGroup(kind, { securityConfiguration, roleName: role.name });
    const group = stage.find('AWS::Logs::LogGroup', name);
    if (!group) return [`${job.id} logs to ${name}, which no template makes: it would never expire`];
    const arn = stage.arnOf(group).replace(/:\*$/, '');
    return [
      ...(Number(group.properties.RetentionInDays) > 0 ? [] : [`${group.id} never expires`]),
      ...(keyOf(group, stage) === key ? [] : [`${group.id} is not encrypted with ${key.id}, as ${job.id} asks`]),
      ...['logs:AssociateKmsKey', 'logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']
        .filter((action) => !may(role, action, arn))
        .map((action) => `${role.id} lacks ${action} on ${name}`),
    ];
  });
}

/** Glue jobs: workers that they may have, what their security configuration encrypts, and where their runs log to. */
export const glueJobs = (roles: readonly Role[], stage: StageTemplates): string[] =>
  stage.ofType('AWS::Glue::Job').flatMap((job) => {
    const { properties, stack } = job;
    const given = properties.SecurityConfiguration;
    if (given === undefined) return workers(job);
    const name = stage.text(given, stack);
    const configuration = stage.find('AWS::Glue::SecurityConfiguration', name);
    if (!configuration) return [...workers(job), `${job.id}: its security configuration ${name} is in no template`];
    const { EncryptionConfiguration } = configuration.properties;
    const role = roleOf(properties.Role, job, roles, stage);
    const keyAt = (value: Json | undefined) => (value === undefined ? [] : [keyNamed(value, configuration, stage)].filter((key) => key !== null));
    const written = [
      ...listOf(at(EncryptionConfiguration, 'S3Encryptions')).flatMap((each) => keyAt(at(each, 'KmsKeyArn'))),
      ...keyAt(at(EncryptionConfiguration, 'JobBookmarksEncryption', 'KmsKeyArn')),
    ];
    return [
      ...workers(job),
      ...[...new Set(written)].flatMap((key) =>
        lacksOfKey(role, key, WRITE, stage).map((lack) => `${job.id} encrypts by ${configuration.id}, and ${role.id} lacks ${lack} of ${key.id}`),
      ),
      ...keyAt(at(EncryptionConfiguration, 'CloudWatchEncryption', 'KmsKeyArn')).flatMap((key) => logs(job, role, key, name, stage)),
    ];
  });
