import type { Dataset } from '../../../contracts/index.js';
import { MONITOR } from '../../../contracts/metrics.js';
import { httpSources } from '../../../datasets/index.js';
import { type DatasetAlarm, kebab, LOOK, ownOf, SILENT_MONITOR, worst } from '../spec.js';

/** What runs sent and Bronze lacks; of a dataset that somebody fetches for. */
export const runs = {
  alarms: (dataset: Dataset): DatasetAlarm[] =>
    httpSources([dataset]).length === 0
      ? []
      : [
          {
            ...ownOf(dataset),
            name: `runs-short-${kebab(dataset.name)}`,
            kind: 'runs-short',
            says: `A run sent more records of ${dataset.name} than Bronze holds of it, and sending them again has not helped.`,
            command: 'sluice health',
            severity: 'page',
            metric: worst(MONITOR.runsShort, dataset, LOOK),
            threshold: 0,
            missing: SILENT_MONITOR,
          },
        ],
};
