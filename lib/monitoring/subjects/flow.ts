import { type AlarmScope, type AlarmSpec, MINUTE, PLATFORM } from '../spec.js';

/** The flow runs by the hour: while each run fails, the alarm stays. */
const PERIOD = 60 * MINUTE;

/** The hourly flow. */
export const flow = {
  alarms: ({ flowArn }: AlarmScope): AlarmSpec[] =>
    (['ExecutionsFailed', 'ExecutionsTimedOut'] as const).map((name) => ({
      ...PLATFORM,
      severity: 'ticket',
      name: name === 'ExecutionsFailed' ? 'flow-failed' : 'flow-timed-out',
      kind: 'flow-failed',
      says: `The hourly flow ${name === 'ExecutionsFailed' ? 'failed' : 'did not end in time'}: sources that were due have not been checked, and nobody may have been told why.`,
      command: 'sluice runs hourly',
      metric: { namespace: 'AWS/States', name, dimensions: { StateMachineArn: flowArn }, statistic: 'Sum', periodSeconds: PERIOD },
      comparison: '>=',
      threshold: 1,
      datapoints: 1,
      of: 1,
      missing: { treat: 'notBreaching', because: 'Step Functions tells of what failed only where something did; source-overdue watches whether checks come' },
    })),
};
