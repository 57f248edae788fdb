import { describe, expect, test } from 'vitest';
import { databaseName, deletesData, hoursAwake, loadConfig, physicalName, warningsOf } from '../../lib/config.js';
import { ENVIRONMENT, renderEnvExample } from '../../lib/environment.js';

describe('configuration', () => {
  test('dev is cheap by default: provisioned t3.small, one combined job, one NAT, data kept', () => {
    expect(loadConfig('dev')).toMatchObject({
      broker: { kind: 'provisioned', instanceType: 'kafka.t3.small', brokers: 2, volumeGiB: 20 },
      medallion: {
        layout: 'combined',
        workerType: 'G.025X',
        batchWorkerType: 'G.1X',
        workers: 2,
        bronzeTriggerSeconds: 10,
        triggerSeconds: 20,
        goldTriggerSeconds: 30,
        backgroundTriggerSeconds: 1200,
        periodicSeconds: 300,
        window: { fromHour: 5, toHour: 20 },
        glueMetrics: false,
        watchdogMinutes: 5,
      },
      monitoring: { everyMinutes: 15, canaryMinutes: 60 },
      export: { everyMinutes: 360 },
      network: { natGateways: 1, availabilityZones: 2 },
      retainData: true,
      terminationProtection: false,
      athena: { scanLimitBytes: 107_374_182_400 },
    });
  });
  test('prod separates the jobs, protects its stacks and spans three zones', () =>
    expect(loadConfig('prod')).toMatchObject({
      medallion: { layout: 'separate' },
      terminationProtection: true,
      retainData: true,
      network: { availabilityZones: 3, natGateways: 2 },
      broker: { brokers: 3 },
    }));
  test('the daily window, the look at Gold, exports and Glue’s metrics are set by the environment', () => {
    expect(loadConfig('dev', { SLUICE_WINDOW: 'always' }).medallion.window).toBeUndefined();
    expect(loadConfig('prod').medallion).toMatchObject({ glueMetrics: true });
    expect(loadConfig('prod').medallion.window).toBeUndefined();
    const own = loadConfig('prod', {
      SLUICE_WINDOW: '22-4',
      SLUICE_GOLD_TRIGGER_SECONDS: '60',
      SLUICE_BACKGROUND_TRIGGER_SECONDS: '90',
      SLUICE_EXPORT_MINUTES: '120',
      SLUICE_GLUE_METRICS: 'false',
    });
    expect(own).toMatchObject({
      medallion: { window: { fromHour: 22, toHour: 4 }, goldTriggerSeconds: 60, backgroundTriggerSeconds: 90, glueMetrics: false },
      export: { everyMinutes: 120 },
    });
    expect([hoursAwake(own), hoursAwake(loadConfig('prod')), hoursAwake(loadConfig('dev'))].map((hours) => Math.round(hours * 10) / 10)).toEqual([182.5, 730, 456.3]);
    for (const wrong of ['day', '7-7', '1-25']) expect(() => loadConfig('dev', { SLUICE_WINDOW: wrong })).toThrow(/medallion\.window.*[\s\S]*SLUICE_WINDOW is/);
    // What runs on this machine does not rest.
    expect([loadConfig('local').medallion.window, loadConfig('dev', { SLUICE_REHEARSAL: 'true', SLUICE_WINDOW: '1-2' }).medallion.window]).toEqual([undefined, undefined]);
  });
  test('data goes with its stack only if config says so twice', () => {
    expect(deletesData(loadConfig('dev', { SLUICE_RETAIN_DATA: 'false' }))).toBe(false);
    expect(deletesData(loadConfig('dev', { SLUICE_DELETE_DATA_OF: 'dev' }))).toBe(false);
    expect(deletesData(loadConfig('dev', { SLUICE_RETAIN_DATA: 'false', SLUICE_DELETE_DATA_OF: 'prod' }))).toBe(false);
    expect(deletesData(loadConfig('dev', { SLUICE_RETAIN_DATA: 'false', SLUICE_DELETE_DATA_OF: 'dev' }))).toBe(true);
  });
  test('versions of objects are kept where a profile asks for it, daily copies where somebody does', () => {
    expect(loadConfig('dev').backup).toEqual({});
    expect(loadConfig('dev', { SLUICE_PROFILE: 'standard' }).backup).toEqual({ versionsDays: 7 });
    expect(loadConfig('prod').backup).toEqual({ versionsDays: 30 });
    expect(loadConfig('prod', { SLUICE_BACKUP_DAYS: '35' }).backup).toEqual({ versionsDays: 30, dailyDays: 35 });
    expect(loadConfig('dev', { SLUICE_VERSIONS_DAYS: '3', SLUICE_BACKUP_DAYS: '10' }).backup).toEqual({ versionsDays: 3, dailyDays: 10 });
  });
  test('MSK Serverless or an existing cluster by choice', () => {
    expect(loadConfig('dev', { SLUICE_BROKER: 'serverless' }).broker).toEqual({ kind: 'serverless' });
    const existing = { SLUICE_MSK_BOOTSTRAP_SERVERS: 'b:9098', SLUICE_MSK_CLUSTER_ARN: 'arn:aws:kafka:eu-west-1:111111111111:cluster/c/u', SLUICE_MSK_SECURITY_GROUP_ID: 'sg-1' };
    expect(loadConfig('dev', existing).broker).toMatchObject({ kind: 'existing', bootstrapServers: 'b:9098' });
  });
  test.each([
    ['an unknown stage', 'test', {}, /unknown stage "test": use -c stage=local \| dev \| prod/],
    ['an unknown broker', 'dev', { SLUICE_BROKER: 'redis' }, /SLUICE_BROKER is "redis": use provisioned or serverless/],
    ['an unknown profile', 'dev', { SLUICE_PROFILE: 'huge' }, /SLUICE_PROFILE is "huge": use tiny, standard, prod/],
    ['a layout that is none', 'dev', { SLUICE_LAYOUT: 'both' }, /medallion\.layout: Invalid option/],
    ['half an existing cluster', 'dev', { SLUICE_MSK_BOOTSTRAP_SERVERS: 'b:9098' }, /broker\.clusterArn[\s\S]*broker\.securityGroupId/],
    ['a watchdog that never looks', 'dev', { SLUICE_WATCHDOG_MINUTES: 'often' }, /medallion\.watchdogMinutes/],
    [
      'daily copies without versions',
      'dev',
      { SLUICE_BACKUP_DAYS: '7' },
      /backup\.dailyDays: AWS Backup copies only buckets that keep versions: give versionsDays \(SLUICE_VERSIONS_DAYS\) too/,
    ],
    ['versions for no days', 'dev', { SLUICE_VERSIONS_DAYS: '0' }, /backup\.versionsDays/],
    ['an account that is none', 'dev', { SLUICE_ACCOUNT: '12' }, /account:/],
    ['a region that is none', 'dev', { SLUICE_REGION: 'Frankfurt' }, /a region is like eu-central-1/],
    ['a VPC that is none', 'dev', { SLUICE_VPC_ID: 'mine' }, /SLUICE_VPC_ID is "mine"\. It takes: an existing VPC to use instead of a new one \(vpc-\.\.\.\)\. Set it so in \.env/],
    ['an address that is none', 'dev', { SLUICE_PAGE_EMAILS: 'a@example.com, b' }, /SLUICE_PAGE_EMAILS is "a@example\.com, b"/],
    ['a cluster without its servers', 'dev', { SLUICE_MSK_CLUSTER_ARN: 'arn:aws:kafka:eu-west-1:111111111111:cluster/c/u' }, /SLUICE_MSK_BOOTSTRAP_SERVERS is not set/],
    ['a zone that is none', 'dev', { SLUICE_ZONES: 'a,b' }, /a zone is like eu-central-1b[\s\S]*SLUICE_ZONES is "a,b"/],
    ['one zone', 'dev', { SLUICE_ZONES: 'eu-west-1a' }, /network\.zones: a broker wants two zones or three/],
    ['a zone twice', 'dev', { SLUICE_ZONES: 'eu-west-1a,eu-west-1a' }, /a zone is named twice/],
    ['zones of another region', 'dev', { SLUICE_ZONES: 'eu-west-1a,eu-west-2b', SLUICE_REGION: 'eu-west-1' }, /network\.zones: eu-west-2b is not in eu-west-1/],
    ['zones that brokers do not spread over', 'dev', { SLUICE_ZONES: 'eu-west-1a,eu-west-1b,eu-west-1c' }, /2 brokers do not spread evenly over 3 zones/],
    ['a VPC in a place that is not known', 'dev', { SLUICE_VPC_ID: 'vpc-1' }, /a VPC is looked up, for which account and region must be known/],
    ['a yes that is none', 'dev', { SLUICE_RETAIN_DATA: 'False' }, /SLUICE_RETAIN_DATA is "False": use true or false/],
    ['a rehearsal that is none', 'dev', { SLUICE_REHEARSAL: '1' }, /SLUICE_REHEARSAL is "1": use true or false/],
    ['the data of a stage that is none', 'dev', { SLUICE_DELETE_DATA_OF: 'prdo' }, /SLUICE_DELETE_DATA_OF is "prdo"\. It takes: the stage whose data may be deleted/],
    ['recorded feeds on AWS', 'dev', { SLUICE_FEEDS_URL: 'http://127.0.0.1:4570' }, /SLUICE_FEEDS_URL is set, and stage "dev" is on AWS[\s\S]*Unset it/],
    [
      'recorded feeds of another machine',
      'local',
      { SLUICE_KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9', SLUICE_FEEDS_URL: 'http://192.0.2.7:4570' },
      /ingestion\.feedsUrl: recorded feeds are on this machine/,
    ],
  ])('refuses %s and says where', (_what, stage, env, message) => expect(() => loadConfig(stage, env)).toThrow(message));
  test('an empty variable is none', () => expect(loadConfig('dev', { SLUICE_VPC_ID: '', SLUICE_MONTHLY_BUDGET: '', SLUICE_BROKER: '' })).toEqual(loadConfig('dev')));
  test('this machine takes of a developer’s settings what concerns it', () => {
    const settings = {
      SLUICE_ACCOUNT: '12',
      SLUICE_REGION: 'nowhere',
      SLUICE_BROKER: 'serverless',
      SLUICE_VPC_ID: 'vpc-1',
      SLUICE_MSK_CLUSTER_ARN: 'arn:1',
      SLUICE_PROFILE: 'prod',
      SLUICE_PAGE_URLS: 'https://pager.example.com/x',
      SLUICE_RETAIN_DATA: 'true',
      SLUICE_REHEARSAL: 'true',
    };
    expect(loadConfig('local', settings)).toEqual(loadConfig('local'));
    expect(loadConfig('local', { SLUICE_LAYOUT: 'separate' }).medallion.layout).toBe('separate');
    const rehearsed = loadConfig('dev', { ...settings, SLUICE_RETAIN_DATA: 'false' });
    expect(rehearsed).toMatchObject({ account: '000000000000', region: 'us-east-1', broker: { kind: 'plain' }, retainData: false, profile: 'prod' });
    expect(loadConfig('dev', { SLUICE_KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9' }).broker.kind).toBe('provisioned');
  });
  test('says of a deployed stage that nobody is told of its alarms, until somebody is', () => {
    expect(warningsOf(loadConfig('dev'))).toEqual([expect.stringMatching(/^nobody is told when stage dev stands still, nor of anything else: set SLUICE_PAGE_EMAILS/)]);
    expect(warningsOf(loadConfig('dev', { SLUICE_TICKET_EMAILS: 'a@example.com' }))).toEqual([expect.stringMatching(/^nobody is told when stage dev stands still: set/)]);
    for (const paged of [{ SLUICE_PAGE_EMAILS: 'a@example.com' }, { SLUICE_PAGE_URLS: 'https://example.com' }, { SLUICE_PAGE_SLACK: 'T1/C1' }])
      expect(warningsOf(loadConfig('prod', paged))).toEqual([]);
    expect(warningsOf(loadConfig('local'))).toEqual([]);
  });
  test('physical names carry app and stage', () => {
    expect(physicalName({ app: 'sluice', stage: 'dev' }, 'ingest')).toBe('sluice-dev-ingest');
    expect(databaseName({ app: 'sluice', stage: 'dev' }, 'gold')).toBe('sluice_dev_gold');
    expect(databaseName({ app: 'sluice', stage: 'local' }, 'gold')).toBe('gold');
  });
  test('.env.example names every variable', () => {
    for (const name of [...Object.keys(ENVIRONMENT), 'SLUICE_HOME', 'SLUICE_FEEDS']) expect(renderEnvExample()).toContain(`#${name}=`);
  });

  test('a rehearsal deploys a stage to the AWS on this machine, under its own name, without what that lacks', () => {
    const dev = loadConfig('dev', { SLUICE_REHEARSAL: 'true', SLUICE_KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9', SLUICE_AWS_ENDPOINT: 'http://127.0.0.1:1' });
    expect(dev).toMatchObject({
      stage: 'dev',
      account: '000000000000',
      broker: { kind: 'plain', bootstrapServers: '127.0.0.1:9' },
      local: { awsEndpoint: 'http://127.0.0.1:1' },
      retainData: true,
    });
    expect(dev.capabilities).toEqual(loadConfig('local').capabilities);
    expect(loadConfig('dev', { SLUICE_REHEARSAL: 'false' }).broker.kind).toBe('provisioned');
  });
});
