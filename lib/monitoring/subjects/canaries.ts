import type { Dataset } from '../../../contracts/index.js';
import { MONITOR } from '../../../contracts/metrics.js';
import { canarySlack } from '../../../lambdas/monitor/quality-health.js';
import { type Config, canaryMinutes } from '../../config.js';
import type { Draw } from '../draw.js';
import { type DatasetAlarm, kebab, LOOK, ofLayers, ownOf, SILENT_MONITOR, worst } from '../spec.js';
import { THIRD } from '../widths.js';

/** Records that go through every layer to show that records do. */
export const canaries = {
  alarms: (dataset: Dataset, config: Config): DatasetAlarm[] => [
    {
      ...ownOf(dataset),
      name: `canary-${kebab(dataset.name)}`,
      kind: 'canary',
      says: `The canaries of ${dataset.name} do not come through: records are accepted and do not arrive, or SQL does not see them. Minutes allowed: ${ofLayers(dataset, canarySlack(canaryMinutes(config)))}.`,
      command: 'sluice health',
      severity: dataset.service.severity,
      metric: worst(MONITOR.canaryPercent, dataset, LOOK),
      threshold: MONITOR.canaryPercent.wrongAbove,
      missing: SILENT_MONITOR,
    },
  ],
  age: (draw: Draw) => draw.newest('Canaries, age in minutes', 'monitor', [MONITOR.canaryAgeMinutes], THIRD),
  tooOld: (draw: Draw) => draw.ofDatasets('Canaries too old: % of what is allowed', MONITOR.canaryPercent),
};
