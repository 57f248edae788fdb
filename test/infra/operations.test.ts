import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { isFed } from '../../contracts/index.js';
import { COMPONENTS, seriesOf } from '../../contracts/metrics.js';
import { datasets, httpSources } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { isOn } from '../../lib/ingestion/sources.js';
import { LAYOUTS } from '../../lib/medallion/layouts.js';
import { synthesise } from '../support/templates.js';

const text = (value: unknown): string => JSON.stringify(value);
const all = (template: Template, type: string) => Object.values(template.findResources(type));

describe('monitoring', () => {
  test('looks every quarter of an hour, and keeps what it fails at', () => {
    const template = synthesise('prod').template('monitoring');
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Name: 'sluice-prod-monitor', ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: Match.anyValue() } } });
  });

  test('every alarm says what it means, where to look, and what missing data mean', () => {
    const alarms = all(synthesise('prod').template('monitoring'), 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(60);
    for (const { Properties } of alarms) {
      expect(Properties.AlarmDescription).toMatch(/First: .+ Severity (page|ticket), owner .+ Missing data: .+ Runbook: docs\/runbook\.md#/);
      expect(Properties.TreatMissingData).toEqual(/-silent$/.test(Properties.AlarmName) ? 'breaching' : expect.stringMatching(/^(ignore|notBreaching)$/));
    }
  });

  test('on AWS one failure tells once: datasets by composite alarms that the platform holds back; here each by itself', () => {
    const template = synthesise('prod').template('monitoring');
    const composites = all(template, 'AWS::CloudWatch::CompositeAlarm');
    expect(composites.map(({ Properties }) => Properties.AlarmName).sort()).toEqual([
      ...datasets.map(({ name, service }) => `sluice-prod-dataset-${name.replaceAll('_', '-')}-${service.severity}`).sort(),
      'sluice-prod-platform',
    ]);
    for (const { Properties } of composites.filter(({ Properties: { AlarmName } }) => AlarmName !== 'sluice-prod-platform')) {
      expect(Properties.ActionsSuppressor).toBeDefined();
      expect(Properties.AlarmActions).toHaveLength(1);
    }
    const speaking = all(template, 'AWS::CloudWatch::Alarm').filter(({ Properties }) => Properties.AlarmActions);
    const platform = speaking.filter(({ Properties }) => !/"(Dataset|Source)"/.test(text(Properties.Dimensions)));
    expect(
      platform.every(({ Properties }) => /^sluice-prod-(monitor|watchdog|kafka|storage|quality-check|job|flow|dead-letters|datasets-left-out)/.test(Properties.AlarmName)),
    ).toBe(true);
    // What is of another severity than its dataset does not follow from the platform, and speaks for itself to whom it concerns.
    const own = speaking.filter((alarm) => !platform.includes(alarm)).map(({ Properties }) => Properties.AlarmName.replace('sluice-prod-', ''));
    for (const dataset of datasets) {
      const { service } = dataset;
      const name = dataset.name.replaceAll('_', '-');
      const pages = [`ledger-residual-${name}`, ...(isFed(dataset) ? [`offset-gaps-${name}`, `retention-${name}`] : [])];
      const tickets = [`quarantine-${name}`];
      expect(own).toEqual(expect.arrayContaining(service.severity === 'page' ? tickets : pages));
      for (const together of [`freshness-${name}`, `canary-${name}`, ...(service.severity === 'page' ? pages : tickets)]) expect(own).not.toContain(together);
    }
    const silent = all(template, 'AWS::CloudWatch::Alarm').filter((alarm) => !speaking.includes(alarm));
    const rules = text(composites.map(({ Properties }) => Properties.AlarmRule));
    const ids = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).flatMap(([id, { Properties }]) => (Properties.AlarmActions ? [] : [id]));
    expect(ids).toHaveLength(silent.length);
    for (const id of ids) expect(rules).toContain(`"${id}"`);
    const here = synthesise('local').template('monitoring');
    here.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 0);
    expect(all(here, 'AWS::CloudWatch::Alarm').every(({ Properties }) => Properties.AlarmActions && Properties.OKActions)).toBe(true);
  });

  test('tells by e-mail, to HTTPS endpoints and in Slack, as configured, through topics that CloudWatch may publish to', () => {
    const env = { SLUICE_PAGE_EMAILS: 'night@example.com', SLUICE_PAGE_URLS: 'https://events.example.com/x', SLUICE_TICKET_EMAILS: 'day@example.com', SLUICE_PAGE_SLACK: 'T1/C1' };
    const template = synthesise('dev', env).template('monitoring');
    const subscriptions = all(template, 'AWS::SNS::Subscription').map(({ Properties }) => [Properties.Protocol, Properties.Endpoint]);
    expect(subscriptions.sort()).toEqual([
      ['email', 'day@example.com'],
      ['email', 'night@example.com'],
      ['https', 'https://events.example.com/x'],
    ]);
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', { SlackChannelId: 'C1', SlackWorkspaceId: 'T1' });
    for (const { Properties } of all(template, 'AWS::SNS::TopicPolicy')) {
      expect(text(Properties)).toContain('cloudwatch.amazonaws.com');
      expect(text(Properties)).toContain('"aws:SecureTransport":"false"');
    }
    for (const { Properties } of all(template, 'AWS::SNS::Topic')) expect(Properties.KmsMasterKeyId).toBeDefined();
  }, 120_000);

  test('refuses subscribers that are none', () => {
    expect(() => loadConfig('dev', { SLUICE_PAGE_EMAILS: 'nobody' })).toThrow(/monitoring\.page\.emails/);
    expect(() => loadConfig('dev', { SLUICE_PAGE_URLS: 'http://example.com' })).toThrow(/https/);
    expect(() => loadConfig('dev', { SLUICE_PAGE_SLACK: 'general' })).toThrow(/Slack workspace/);
  });

  test('a budget tells before and when it is exceeded; without one there is none', () => {
    const template = synthesise('dev', { SLUICE_MONTHLY_BUDGET: '250' }).template('monitoring');
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 250, Unit: 'USD' }, TimeUnit: 'MONTHLY' },
      NotificationsWithSubscribers: Match.arrayWith([Match.objectLike({ Notification: Match.objectLike({ NotificationType: 'FORECASTED' }) })]),
    });
    synthesise('dev').template('monitoring').resourceCountIs('AWS::Budgets::Budget', 0);
  }, 120_000);

  test('dashboards show every dataset, source, job and component, and the thresholds of the alarms', () => {
    const dashboards = Object.fromEntries(
      all(synthesise('prod').template('monitoring'), 'AWS::CloudWatch::Dashboard').map(({ Properties }) => [Properties.DashboardName, text(Properties.DashboardBody)]),
    );
    expect(Object.keys(dashboards).sort()).toEqual(['sluice-prod-ingestion', 'sluice-prod-overview', 'sluice-prod-pipeline']);
    const { 'sluice-prod-overview': overview = '', 'sluice-prod-ingestion': ingestion = '', 'sluice-prod-pipeline': pipeline = '' } = dashboards;
    for (const { name } of datasets) for (const board of [overview, pipeline]) expect(board).toContain(name);
    for (const each of ['ComponentHealth', 'PipelineHealth', 'FailedChecks', 'LastRunTimestamp', 'FreshnessMinutes', 'FreshnessPercent', 'MonthToDateCost', 'alarm freshness'])
      expect(overview).toContain(each);
    for (const each of COMPONENTS) expect(overview).toContain(each);
    const on = httpSources().filter(({ source }) => isOn(loadConfig('prod', {}), source));
    for (const { source } of on) expect(ingestion).toContain(source.name);
    expect(ingestion).toContain('alarm source-overdue');
    const tables = ['LagRecords', 'TableFiles', 'TableBytes', 'CommitAgeMinutes', 'by Dataset, Layer', 'ops.maintenance', 'ops.ledger'];
    const workers = ['BatchDuration', 'WorkersAlive', 'glue.driver.memory.heap.used.percentage', 'numberAllExecutors', 'sluice-prod-silver'];
    for (const each of [...tables, ...workers]) expect(pipeline).toContain(each);
    // Glue's own metrics are there where they are sent.
    const dev = all(synthesise('dev').template('monitoring'), 'AWS::CloudWatch::Dashboard').map(({ Properties }) => text(Properties.DashboardBody));
    expect(dev.join()).not.toContain('glue.driver');
    for (const stage of ['dev', 'prod'] as const)
      for (const { Properties } of Object.values(
        synthesise(stage)
          .template('medallion')
          .findResources('AWS::Glue::Job', { Properties: { Command: { Name: 'gluestreaming' } } }),
      ))
        expect('--enable-metrics' in Properties.DefaultArguments).toBe(stage === 'prod');
  });

  test('dashboards show no series that nobody sends', () => {
    for (const stage of ['dev', 'prod'] as const) {
      const config = loadConfig(stage, {});
      const jobs = Object.keys(LAYOUTS[config.medallion.layout]).map((name) => `sluice-${stage}-${name}`);
      const sources = httpSources().flatMap(({ source }) => (isOn(config, source) ? [source.name] : []));
      const sent = new Set(seriesOf({ datasets, sources, jobs }).map(({ spec, dimensions }) => [spec.name, ...Object.entries(dimensions).flat()].join()));
      const shown = all(synthesise(stage).template('monitoring'), 'AWS::CloudWatch::Dashboard').flatMap(({ Properties }) =>
        [
          ...text(Properties.DashboardBody)
            .replaceAll('\\', '')
            .matchAll(new RegExp(`\\["sluice/${stage}",((?:"[^"]+",?)+)`, 'g')),
        ].map(([, parts = '']) => parts.replaceAll('"', '').replace(/,$/, '')),
      );
      expect(shown.length).toBeGreaterThan(40);
      expect(shown.filter((each) => !sent.has(each))).toEqual([]);
    }
  });
});

describe('the hourly flow', () => {
  const template = () => synthesise('prod').template('orchestration');
  const definition = () => {
    const [machine] = all(template(), 'AWS::StepFunctions::StateMachine');
    return JSON.parse(machine?.Properties.DefinitionString['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'REF')).join(''));
  };

  test('leaves a source that is faster than an hour to a schedule of its own', () => {
    const faster = datasets.map((dataset) => ({
      ...dataset,
      sources: dataset.sources.map((source) => (source.name === 'stevenblack' && source.kind === 'list' ? { ...source, cadence: { minutes: 5 } } : source)),
    }));
    const synthesised = synthesise('dev', {}, faster);
    const own = all(synthesised.template('ingestion'), 'AWS::Scheduler::Schedule').map(({ Properties }) => [Properties.ScheduleExpression, Properties.Target.Input]);
    expect(own).toEqual([['rate(5 minutes)', '{"source":"stevenblack","scheduled":true}']]);
    const flow = text(all(synthesised.template('orchestration'), 'AWS::Lambda::Function').map(({ Properties }) => Properties.Environment.Variables));
    expect(flow).toContain('urlhaus_filter');
    expect(flow).not.toContain('stevenblack');
    expect(text(all(synthesise('dev').template('ingestion'), 'AWS::Scheduler::Schedule'))).toBe('[]');
  });

  test('asks for the broker, then checks the due sources with a cap, each with timeout, retries and an outcome of its own', () => {
    const { StartAt, States } = definition();
    expect([StartAt, States.WhatIsDue.Next, States.IsBrokerWell.Default]).toEqual(['WhatIsDue', 'IsBrokerWell', 'NothingTried']);
    expect(States.EachDueSource).toMatchObject({ Type: 'Map', MaxConcurrency: 4, ItemsPath: '$.plan.value.due', Next: 'Summarise' });
    const { Ingest } = States.EachDueSource.ItemProcessor.States;
    expect(Ingest).toMatchObject({ TimeoutSeconds: 600, Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }] });
  });

  test('tells of a first step that fails after its retries, and ends as failed, which an alarm on that very machine watches', () => {
    const { States } = definition();
    expect(States.WhatIsDue).toMatchObject({
      Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }],
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'TellOfFailure' }],
    });
    expect(States.TellOfFailure).toMatchObject({ Next: 'NotPlanned', Parameters: { Payload: { step: 'failed', 'error.$': '$.error' } } });
    expect(States.NotPlanned).toMatchObject({ Type: 'Fail' });
    const watched = all(synthesise('prod').template('monitoring'), 'AWS::CloudWatch::Alarm').filter(({ Properties }) => Properties.Namespace === 'AWS/States');
    expect(watched.map(({ Properties }) => Properties.MetricName).sort()).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut']);
    const [machine] = all(template(), 'AWS::StepFunctions::StateMachine');
    for (const { Properties } of watched) {
      expect(text(Properties.Dimensions)).toContain(`:stateMachine:${machine?.Properties.StateMachineName}"`);
      expect(Properties.AlarmActions).toHaveLength(1);
    }
  });

  test('runs by the hour, may invoke its two functions and no other, and publishes to one topic', () => {
    template().hasResourceProperties('AWS::Scheduler::Schedule', { Name: 'sluice-prod-hourly', ScheduleExpression: 'rate(1 hour)', State: 'ENABLED' });
    const policies = text(all(template(), 'AWS::IAM::Policy'));
    expect([...new Set([...policies.matchAll(/"(sns:[A-Za-z]+)"/g)].map((match) => match[1]))]).toEqual(['sns:Publish']);
    expect(policies).not.toMatch(/lambda:\*|states:\*|"sns:\*"/);
  });
});
