import { describe, expect, test } from 'vitest';
import { ROOT } from '../../localstack/paths.js';
import { synthesise } from '../support/templates.js';
import { type Call, callsOfFunction, callsOfJob } from '../support/walk/calls.js';
import { namesAction } from '../support/walk/policies.js';
import { type Role, rolesOf } from '../support/walk/roles.js';
import { at, isObject, type Json, StageTemplates, type TemplateJson } from '../support/walk/templates.js';

const { names, json } = synthesise('prod', { SLUICE_MONTHLY_BUDGET: '250' });
const stage = new StageTemplates(Object.fromEntries(names.map((name) => [name, json(name) as TemplateJson])));
const roles = rolesOf(stage);

/** The role of a function or job, by the end of its name. */
function roleOf(type: string, name: string): Role {
  const resource = stage.ofType(type).find((each) => stage.nameOf(each) === `sluice-prod-${name}`);
  const arn = resource && stage.text(resource.properties.Role, resource.stack);
  const role = roles.find((each) => each.arn === arn);
  if (!role) throw new Error(`${type} ${name} has no role in the templates`);
  return role;
}
const allows = (role: Role, action: string) => role.statements.some((statement) => statement.effect === 'Allow' && namesAction(statement, action));

/** Calls that the role does not allow, as `ACTION at FILE`, and exceptions that nothing needs. */
function lacking(name: string, role: Role, calls: readonly Call[]): string[] {
  const excused = NOT_CALLED[name] ?? [];
  const refused = calls.filter(({ action }) => !allows(role, action));
  return [
    ...refused.filter(({ action }) => !excused.includes(action)).map(({ action, file }) => `${action} at ${file}`),
    ...excused.filter((action) => !refused.some((call) => call.action === action)).map((action) => `${action} is excused for nothing`),
  ];
}

/** In a file that is shared, and not called there: with the reason that it needs no right. An entry that nothing names fails. */
const NOT_CALLED: Readonly<Record<string, readonly string[]>> = {
  // Of the watchdog's file it lists runs only.
  monitor: ['glue:GetJob', 'glue:StartJobRun', 'glue:BatchStopJobRun'],
  // Of the state table it reads what became of a source.
  flow: ['dynamodb:UpdateItem'],
  // Of the same it reads which generation of a table holds.
  publish: ['dynamodb:UpdateItem'],
  // And here what an operator wants of a job.
  watchdog: ['dynamodb:UpdateItem'],
  // It reads tables and which generation of them holds; it moves no table.
  export: ['dynamodb:PutItem', 'glue:GetTable', 'glue:UpdateTable'],
};

/** Of functions whose folder has another name than they are deployed under. */
const FOLDERS: Readonly<Record<string, string>> = { publish: 'export' };

describe('every call of the SDK meets a role that may make it', { timeout: 120_000 }, () => {
  test.each(['ingest', 'flow', 'monitor', 'publish', 'watchdog', 'topics'])('function %s', (name) => {
    const role = roleOf('AWS::Lambda::Function', name);
    const calls = callsOfFunction(ROOT, FOLDERS[name] ?? name);
    // The topics function speaks to Kafka alone.
    if (name !== 'topics') expect(calls.length).toBeGreaterThan(0);
    expect(lacking(name, role, calls)).toEqual([]);
  });

  test.each([
    ['bronze', 'bronze'],
    ['silver', 'silver'],
    ['gold', 'gold'],
    ['rebuild', 'rebuild'],
    ['export', 'datasets/harmful_domains/export'],
  ])('job %s', (name, script) => {
    const role = roleOf('AWS::Glue::Job', name);
    const calls = callsOfJob(ROOT, script);
    expect(calls.map(({ action }) => action)).toContain('dynamodb:GetItem');
    expect(lacking(name, role, calls)).toEqual([]);
  });

  test('knows a call that nobody may make, and a role that lost one', () => {
    const role = roleOf('AWS::Lambda::Function', 'watchdog');
    expect(callsOfFunction(ROOT, 'watchdog').map(({ action }) => action)).toEqual(expect.arrayContaining(['dynamodb:GetItem', 'glue:StartJobRun', 'glue:GetJobRuns']));
    expect(allows(role, 'glue:StartJobRun')).toBe(true);
    expect(allows({ ...role, statements: role.statements.filter((statement) => !namesAction(statement, 'glue:StartJobRun')) }, 'glue:StartJobRun')).toBe(false);
  });
});

describe('what a driver, a function and a role meet on AWS', () => {
  const KAFKA: Readonly<Record<string, readonly string[]>> = {
    // docs.aws.amazon.com/msk/latest/developerguide/iam-access-control-use-cases.html
    topics: ['Connect', 'DescribeCluster', 'CreateTopic', 'DescribeTopic', 'DescribeTopicDynamicConfiguration', 'AlterTopicDynamicConfiguration'],
    ingest: ['Connect', 'DescribeTopic', 'WriteData', 'WriteDataIdempotently'],
    flow: ['Connect', 'DescribeTopic', 'WriteData', 'WriteDataIdempotently'],
    // It compares what the topics are set to with the contracts, and sends a record there and back.
    monitor: ['Connect', 'DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData', 'WriteData', 'WriteDataIdempotently', 'DescribeGroup', 'AlterGroup'],
  };
  test.each(Object.entries(KAFKA))('the function %s may do what its Kafka client asks of MSK', (name, actions) => {
    const role = roleOf('AWS::Lambda::Function', name);
    expect(actions.filter((action) => !allows(role, `kafka-cluster:${action}`))).toEqual([]);
  });
  test.each(['bronze', 'silver', 'gold'])('the job %s may do what Spark’s Kafka client asks of MSK', (name) => {
    const role = roleOf('AWS::Glue::Job', name);
    const actions = ['Connect', 'DescribeTopic', 'ReadData', 'DescribeGroup', 'AlterGroup', 'WriteData', 'WriteDataIdempotently'];
    expect(actions.filter((action) => !allows(role, `kafka-cluster:${action}`))).toEqual([]);
  });

  test('who queries by Athena may see its default database, which Athena asks for whatever the query', () => {
    const role = roleOf('AWS::Lambda::Function', 'monitor');
    for (const action of ['glue:GetDatabase', 'glue:CreateDatabase'])
      expect(
        role.statements.some((statement) => namesAction(statement, action) && statement.resources.some((resource) => resource.endsWith(':database/default'))),
        action,
      ).toBe(true);
  });

  test('where an object may be missing the bucket may be listed: S3 else says 403 and not 404', () => {
    const gets = roles.flatMap((role) =>
      role.statements
        .filter((statement) => statement.effect === 'Allow' && namesAction(statement, 's3:GetObject'))
        .flatMap(({ resources }) => resources.filter((resource) => /^arn:aws:s3:::[^*]+\//.test(resource)).map((resource) => ({ role, bucket: resource.replace(/\/.*$/, '') }))),
    );
    expect(gets.length).toBeGreaterThan(10);
    const unlisted = gets.filter(({ role, bucket }) => !role.statements.some((statement) => namesAction(statement, 's3:ListBucket') && statement.resources.includes(bucket)));
    expect(unlisted.map(({ role, bucket }) => `${role.id} gets of ${bucket} and may not list it`)).toEqual([]);
  });

  test('a job is made after the connection and the security configuration that it names', () => {
    for (const { properties, id } of stage.ofType('AWS::Glue::Job')) {
      expect(isObject(properties.SecurityConfiguration) && 'Ref' in properties.SecurityConfiguration, id).toBe(true);
      const connections = at(properties.Connections, 'Connections') as readonly Json[] | undefined;
      for (const connection of connections ?? []) expect(isObject(connection) && 'Ref' in connection, id).toBe(true);
    }
  });

  test('variables of a function fit into 4 KB, policies of a role into 10,240 characters', () => {
    for (const { properties, id, stack } of stage.ofType('AWS::Lambda::Function')) {
      const variables = at(properties.Environment, 'Variables');
      const bytes = Object.entries(isObject(variables) ? variables : {}).reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(stage.text(value, stack)), 0);
      expect(bytes, id).toBeLessThan(4096);
    }
    for (const role of roles) expect(JSON.stringify(role.statements).length, role.id).toBeLessThan(10_240);
  });
});
