import type { Dataset } from '../../../contracts/index.js';
import { MONITOR } from '../../../contracts/metrics.js';
import { WRITERS } from '../../../contracts/writers.js';
import type { Draw } from '../draw.js';
import { type DatasetAlarm, kebab, LOOK, ofLayers, ownOf, SILENT_MONITOR, worst } from '../spec.js';
import { THIRD } from '../widths.js';

/** How long records wait. */
export const freshness = {
  alarms: (dataset: Dataset): DatasetAlarm[] => [
    {
      ...ownOf(dataset),
      name: `freshness-${kebab(dataset.name)}`,
      kind: 'freshness',
      says: `A record of ${dataset.name} has waited for a layer longer than its contract allows, in minutes: ${ofLayers(dataset)}.`,
      command: 'sluice health',
      severity: dataset.service.severity,
      metric: worst(MONITOR.freshnessPercent, dataset, LOOK),
      threshold: MONITOR.freshnessPercent.wrongAbove,
      missing: SILENT_MONITOR,
    },
  ],
  byLayer: (draw: Draw) =>
    draw.graph(
      'Age of what waits, minutes, by layer',
      WRITERS.map((Layer) => draw.metric(MONITOR.layerFreshness, { Layer }, 'Maximum', Layer)),
      THIRD,
    ),
  byDataset: (draw: Draw) => draw.newest('Age of what waits, minutes, by dataset', 'monitor', [MONITOR.freshnessMinutes], THIRD),
  tooOld: (draw: Draw) => draw.ofDatasets('Too old: % of what the contract allows', MONITOR.freshnessPercent),
};
