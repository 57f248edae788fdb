import type { Dataset, HttpSource } from '../../../contracts/index.js';
import { INGEST, MONITOR, OVERDUE_CADENCES } from '../../../contracts/metrics.js';
import { httpSources } from '../../../datasets/index.js';
import type { Config } from '../../config.js';
import { isOn } from '../../ingestion/sources.js';
import type { Draw } from '../draw.js';
import { type DatasetAlarm, kebab, LOOK, MINUTE, ownOf, SILENT_MONITOR } from '../spec.js';
import { FULL, HALF } from '../widths.js';

function alarmsOfSource({ name, cadence }: HttpSource, dataset: Dataset): DatasetAlarm[] {
  const own = { ...ownOf(dataset), severity: 'ticket', missing: SILENT_MONITOR } as const;
  return [
    {
      ...own,
      name: `source-overdue-${kebab(name)}`,
      kind: 'source-overdue',
      says: `${name} has had no good check for ${OVERDUE_CADENCES} times its cadence of ${cadence.minutes} minutes; its last good version stays.`,
      command: `sluice ingest ${name} --dry-run`,
      metric: { name: MONITOR.sourceOverdue.name, dimensions: { Source: name }, statistic: 'Maximum', periodSeconds: LOOK },
      threshold: MONITOR.sourceOverdue.wrongAbove,
    },
    {
      ...own,
      name: `source-refused-${kebab(name)}`,
      kind: 'source-refused',
      says: `The last body of ${name} was not believed (HTML, cut, shrunk beyond its bounds) and was set aside; the last good version stays.`,
      command: `sluice release ${name} --dry-run`,
      // Told by the check that refuses, and again by each run of the monitor until it is mended.
      metric: { name: INGEST.refused.name, dimensions: { Source: name }, statistic: 'Maximum', periodSeconds: MINUTE },
      threshold: 0,
    },
  ];
}

/** The sources that a stage checks. */
export const sources = {
  alarms: (dataset: Dataset, config: Config): DatasetAlarm[] => httpSources([dataset]).flatMap(({ source }) => (isOn(config, source) ? alarmsOfSource(source, dataset) : [])),
  overdue: (draw: Draw) => draw.ofSources('Overdue: cadences since the last good check', MONITOR.sourceOverdue, draw.thresholds(MONITOR.sourceOverdue)),
  refused: (draw: Draw) => draw.ofSources('Refused: the last body was set aside', INGEST.refused, []),
  ended: (draw: Draw) => draw.newest('Checks, as they ended', 'ingest', [INGEST.durationMs, INGEST.good, INGEST.failed, INGEST.entries, INGEST.rejects, INGEST.produced], FULL),
  sinceGood: (draw: Draw) => draw.newest('Cadences since the last good check', 'monitor', [MONITOR.sourceOverdue], HALF),
  cadences: (draw: Draw) => draw.text(draw.sources.map(({ name, cadence }) => `${name}: every ${cadence.minutes} min`).join('\n\n'), HALF),
};
