import { type Dataset, isFed } from '../../../contracts/index.js';
import { MONITOR } from '../../../contracts/metrics.js';
import type { Draw } from '../draw.js';
import { type DatasetAlarm, kebab, LOOK, ownOf, SILENT_MONITOR, worst } from '../spec.js';
import { THIRD } from '../widths.js';

/** What Kafka will drop before it was read. */
export const retention = {
  alarms: (dataset: Dataset): DatasetAlarm[] => {
    if (!isFed(dataset)) return [];
    return [
      {
        ...ownOf(dataset),
        name: `retention-${kebab(dataset.name)}`,
        kind: 'retention',
        says: `The oldest record of ${dataset.name} that Bronze lacks has used up half of its topic's retention: Kafka will drop it.`,
        command: 'sluice jobs list',
        severity: 'page',
        metric: worst(MONITOR.lagRetentionPercent, dataset, LOOK),
        threshold: MONITOR.lagRetentionPercent.wrongAbove,
        missing: SILENT_MONITOR,
      },
    ];
  },
  used: (draw: Draw) => draw.ofDatasets('Part of retention used, %', MONITOR.lagRetentionPercent),
  waiting: (draw: Draw) => draw.newest('Records that wait', 'monitor', [MONITOR.lagRecords], THIRD),
};
