export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export type Comparison = 'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold' | 'LessThanOrEqualToThreshold';

const COMPARE: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

export interface AlarmRule {
  readonly comparison: Comparison;
  readonly threshold: number;
  /** N of M of N. */
  readonly evaluationPeriods: number;
  /** M of M of N. */
  readonly datapointsToAlarm: number;
  readonly missing: MissingData;
}

/** CloudWatch looks at more periods than it evaluates, so that one late value does not make an alarm. */
export const MORE_PERIODS = 2;

export interface Verdict {
  readonly state: AlarmState;
  readonly reason: string;
}

/**
 * What an alarm's state is, as CloudWatch decides it ("Configuring how CloudWatch alarms treat missing data"): where
 * the range holds as many values as are evaluated, the newest of them decide and missing ones play no part; else
 * `missing` says what stands in for those that lack.
 *
 * @param values of the periods of the range (`evaluationPeriods + MORE_PERIODS`), oldest first; null where there is none
 */
export function judge(rule: AlarmRule, values: readonly (number | null)[], before: AlarmState): Verdict {
  const { comparison, threshold, evaluationPeriods: n, datapointsToAlarm: m, missing } = rule;
  const existing = values.filter((value) => value !== null).slice(-n);
  const breaching = existing.filter((value) => COMPARE[comparison](value, threshold)).length;
  const good = existing.length - breaching;
  const lacking = n - existing.length;
  const said = (state: AlarmState): Verdict => ({
    state,
    reason: `${breaching} of the datapoints [${existing.map(round).join(', ')}] are ${comparison} ${threshold}; ${m} of ${n} make an alarm${lacking > 0 ? `; ${lacking} missing, treated as ${missing}` : ''}`,
  });
  if (breaching >= m) return said('ALARM');
  if (good > n - m) return said('OK');
  switch (missing) {
    case 'breaching':
      return said(breaching + lacking >= m ? 'ALARM' : 'OK');
    case 'notBreaching':
      return said('OK');
    case 'ignore':
      return existing.length > 0 && breaching === 0 ? said('OK') : said(before);
    case 'missing':
      if (existing.length === 0) return said('INSUFFICIENT_DATA');
      return said(breaching === 0 ? 'OK' : 'ALARM');
  }
}

const round = (value: number): string => String(Math.round(value * 1000) / 1000);
