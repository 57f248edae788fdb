import type { Dataset } from '../../../contracts/index.js';
import { DRIVER } from '../../../contracts/metrics.js';
import type { Draw } from '../draw.js';
import { type DatasetAlarm, kebab, MINUTE, NO_BATCH, ownOf, worst } from '../spec.js';

/** Records that break a rule. */
export const quarantine = {
  alarms: (dataset: Dataset): DatasetAlarm[] => [
    {
      ...ownOf(dataset),
      name: `quarantine-${kebab(dataset.name)}`,
      kind: 'quarantine',
      says: `More than ${dataset.service.quarantinePercent} % of a batch of ${dataset.name} broke a rule and was set aside; the others went through.`,
      command: `sluice query "SELECT rule, reason, count(*) FROM quarantine.${dataset.name} GROUP BY 1, 2"`,
      severity: 'ticket',
      metric: worst(DRIVER.quarantinePercent, dataset, MINUTE),
      threshold: dataset.service.quarantinePercent,
      missing: NO_BATCH,
    },
  ],
  part: (draw: Draw) => draw.ofDatasets('Quality: quarantined, % of the records', DRIVER.quarantinePercent),
};
