import { MONITOR } from '../../../contracts/metrics.js';
import type { Draw } from '../draw.js';
import { HALF } from '../widths.js';

/** What the account has cost this month. */
export const cost = {
  ofMonth: (draw: Draw) => {
    const { monthlyBudget } = draw.config.monitoring;
    const budget = monthlyBudget === undefined ? [] : [draw.limit(monthlyBudget, 'budget')];
    return draw.graph('Cost: USD of this month', [draw.metric(MONITOR.monthToDateCost, {}, 'Maximum', 'account, so far')], HALF, budget);
  },
};
