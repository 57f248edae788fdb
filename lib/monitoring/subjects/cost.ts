import { Color } from 'aws-cdk-lib/aws-cloudwatch';
import { MONITOR } from '../../../contracts/metrics.js';
import { type Draw, HALF } from '../draw.js';

/** What the account has cost this month. */
export const cost = {
  ofMonth: (draw: Draw) => {
    const { monthlyBudget } = draw.config.monitoring;
    const budget = monthlyBudget === undefined ? [] : [{ value: monthlyBudget, label: 'budget', color: Color.RED }];
    return draw.graph('Cost: USD of this month', [draw.metric(MONITOR.monthToDateCost, {}, 'Maximum', 'account, so far')], HALF, budget);
  },
};
