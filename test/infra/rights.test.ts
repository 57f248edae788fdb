import { describe, expect, test } from 'vitest';
import { synthesise } from '../support/templates.js';
import { StageTemplates, type TemplateJson } from '../support/walk/templates.js';
import { walk } from '../support/walk/walk.js';

type Templates = Record<string, TemplateJson>;
const EXISTING = {
  SLUICE_MSK_BOOTSTRAP_SERVERS: 'b:9098',
  SLUICE_MSK_CLUSTER_ARN: 'arn:aws:kafka:us-east-1:111122223333:cluster/c/u',
  SLUICE_MSK_SECURITY_GROUP_ID: 'sg-0123456789abcdef0',
};
const BACKED_UP = { SLUICE_VERSIONS_DAYS: '7', SLUICE_BACKUP_DAYS: '30' };
/** Every stage in every profile, and what else changes who may do what. */
const VARIANTS: readonly (readonly [stage: 'local' | 'dev' | 'prod', env: Record<string, string>])[] = [
  ['local', {}],
  ...(['dev', 'prod'] as const).flatMap((stage) => ['tiny', 'standard', 'prod'].map((SLUICE_PROFILE) => [stage, { SLUICE_PROFILE }] as const)),
  ['dev', { SLUICE_LAYOUT: 'separate', SLUICE_BROKER: 'serverless', SLUICE_MONTHLY_BUDGET: '250' }],
  ['dev', EXISTING],
  ['dev', BACKED_UP],
  ['dev', { SLUICE_REHEARSAL: 'true' }],
];

function templatesOf(stage: 'local' | 'dev' | 'prod', env: Record<string, string> = {}): Templates {
  const { names, json } = synthesise(stage, env);
  return Object.fromEntries(names.map((name) => [name, json(name) as TemplateJson]));
}

describe('rights', () => {
  test.each(VARIANTS)(
    'reach on %s %j from every role over what it is granted to the key of that, and let each service do its part',
    (stage, env) => {
      expect(walk(new StageTemplates(templatesOf(stage, env)))).toEqual([]);
    },
    120_000,
  );
});

const BUDGETED = { SLUICE_MONTHLY_BUDGET: '250', ...BACKED_UP };

interface Place {
  readonly stack: string;
  readonly id: string;
  readonly index: number;
}
type Writable = Record<string, unknown>;

/** The statements of a role's policy, or of a key's own. */
function statementsAt(templates: Templates, { stack, id }: Pick<Place, 'stack' | 'id'>): Writable[] {
  const { Type, Properties = {} } = templates[stack]?.Resources?.[id] ?? { Type: '' };
  const document = Type === 'AWS::IAM::Policy' ? Properties.PolicyDocument : Type === 'AWS::KMS::Key' ? Properties.KeyPolicy : undefined;
  return (document as { Statement?: Writable[] } | undefined)?.Statement ?? [];
}

/** Where each statement about a key stands. */
const keyStatements = (templates: Templates): Place[] =>
  Object.entries(templates).flatMap(([stack, { Resources = {} }]) =>
    Object.keys(Resources).flatMap((id) =>
      statementsAt(templates, { stack, id }).flatMap(({ Action }, index) => (JSON.stringify(Action).includes('kms:') ? [{ stack, id, index }] : [])),
    ),
  );

describe('the walk names what is missing', { timeout: 120_000 }, () => {
  const templates = templatesOf('prod', BUDGETED);
  const broken = (text: (json: string) => string) => walk(new StageTemplates(JSON.parse(text(JSON.stringify(templates))) as Templates));

  const changed = (place: Place, change: (statements: Writable[]) => void) => {
    const copy = structuredClone(templates);
    change(statementsAt(copy, place));
    return walk(new StageTemplates(copy));
  };
  const ofRole = (stack: string, role: string): Place => {
    const [place] = keyStatements(templates).filter((each) => each.stack === stack && each.id.startsWith(role));
    if (!place) throw new Error(`${stack}: ${role} has no statement about a key`);
    return place;
  };

  test.each(keyStatements(templates).map((place) => [`${place.stack}.${place.id}`, place.index, place] as const))('statement about a key taken from %s, at %i', (_, __, place) => {
    expect(changed(place, (statements) => statements.splice(place.index, 1))).not.toEqual([]);
  });

  test.each([
    ['medallion', 'WatchdogRole'],
    ['orchestration', 'StepsRole'],
  ])('the key of the state table taken from %s.%s, as it once was', (stack, role) => {
    const place = ofRole(stack, role);
    expect(changed(place, (statements) => statements.splice(place.index, 1)).join()).toMatch(
      new RegExp(`${stack}\\.${role}\\w* may dynamodb:GetItem on storage\\.State\\w* and lacks kms:Decrypt of its key storage\\.Key`),
    );
  });

  test.each([
    ['on another key', { Resource: 'arn:aws:kms:us-east-1:000000000000:key/other' }],
    ['under a condition', { Condition: { StringEquals: { 'aws:PrincipalTag/x': 'y' } } }],
    ['for another call', { Action: 'kms:Encrypt' }],
    ['denied', { Effect: 'Deny' }],
  ])('a right that is there %s', (_, other) => {
    const place = ofRole('medallion', 'WatchdogRole');
    expect(changed(place, (statements) => Object.assign(statements[place.index] ?? {}, other)).join()).toContain('lacks kms:Decrypt of its key storage.Key');
  });

  test('a service that lost its place, or its bounds, in the policy of a topic', () => {
    expect(broken((json) => json.replaceAll('cloudwatch.amazonaws.com', 'events.amazonaws.com')).join()).toContain('cloudwatch.amazonaws.com lacks sns:Publish');
    expect(broken((json) => json.replaceAll('budgets.amazonaws.com', 'events.amazonaws.com')).join()).toContain('budgets.amazonaws.com lacks');
    expect(broken((json) => json.replaceAll('"aws:SourceAccount"', '"aws:PrincipalTag/x"')).join()).toContain('lacks');
  });

  test('a schedule, a step and a failed event whose role may not', () => {
    for (const action of ['lambda:InvokeFunction', 'states:StartExecution', 'sqs:SendMessage'])
      expect(broken((json) => json.replaceAll(action, 'none:None')).join(), action).toContain(`lacks ${action}`);
  });

  test('the logs of Glue: a group that never expires or is of another key, a role that may not, CloudWatch Logs without its place', () => {
    expect(broken((json) => json.replaceAll(/"RetentionInDays":\d+/g, '"RetentionInDays":0')).join()).toMatch(/medallion\.Jobsilver\w+ never expires/);
    expect(broken((json) => json.replaceAll('/output"', '/other"')).join()).toMatch(
      /medallion\.Rebuild\w+ logs to \/aws-glue\/jobs\/sluice-prod-glue-role\/<medallion\.RebuildRole\w+>\/output, which no template makes/,
    );
    expect(broken((json) => json.replaceAll('logs:AssociateKmsKey', 'none:None')).join()).toMatch(/publishing\.ExportRole\w+ lacks logs:AssociateKmsKey/);
    expect(broken((json) => json.replaceAll('kms:EncryptionContext:aws:logs:arn', 'kms:EncryptionContext:other')).join()).toContain(
      'logs.us-east-1.amazonaws.com lacks kms:Encrypt',
    );
    expect(broken((json) => json.replaceAll(':log-group:/aws-glue/jobs/*', ':log-group:/aws-glue/crawlers/*')).join()).toContain('logs.us-east-1.amazonaws.com lacks kms:Encrypt');
  });

  test('a batch job of the workers that streaming jobs alone may have', () => {
    expect(broken((json) => json.replaceAll('"WorkerType":"G.1X"', '"WorkerType":"G.025X"'))).toEqual([
      expect.stringMatching(/^medallion\.Rebuild\w+ is a glueetl job of worker type G\.025X/),
      expect.stringMatching(/^publishing\.Export\w+ is a glueetl job of worker type G\.025X/),
    ]);
  });

  test('a query whose results nobody can write', () => {
    expect(broken((json) => json.replaceAll('"s3:PutObject"', '"none:None"')).join()).toMatch(/may query by catalog\.WorkGroup and lacks s3:PutObject/);
  });

  test('a reference that leads nowhere: what cannot be followed is not passed over', () => {
    expect(() => broken((json) => json.replaceAll('"Fn::ImportValue":"sluice-prod-storage', '"Fn::ImportValue":"nowhere'))).toThrow(/which no stack exports/);
    expect(() => broken((json) => json.replaceAll('"OutputName":"topicArns"', '"OutputName":"nothing"'))).toThrow(/reads nothing of sluice-\w+-broker, which it does not give/);
  });
});
