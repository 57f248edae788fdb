import { type Alarm, AlarmStatusWidget, Dashboard, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Dataset } from '../../contracts/index.js';
import { type Config, physicalName } from '../config.js';
import { Draw } from './draw.js';
import type { AlarmSpec } from './spec.js';
import { canaries } from './subjects/canaries.js';
import { cost } from './subjects/cost.js';
import { freshness } from './subjects/freshness.js';
import { health } from './subjects/health.js';
import { jobs } from './subjects/jobs.js';
import { ledger } from './subjects/ledger.js';
import { quarantine } from './subjects/quarantine.js';
import { retention } from './subjects/retention.js';
import { sources } from './subjects/sources.js';
import { tables } from './subjects/tables.js';
import { FULL } from './widths.js';

export interface DashboardsProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly alarms: readonly { readonly spec: AlarmSpec; readonly alarm: Alarm }[];
  /** Full names of the streaming jobs. */
  readonly jobs: readonly string[];
}

/**
 * Three dashboards, made of the contracts and the alarms: overview, ingestion, pipeline. A new dataset, source or job is
 * on them without anybody adding it. What each widget shows stands with its subject.
 */
export class Dashboards extends Construct {
  constructor(scope: Construct, id: string, { config, datasets, alarms, jobs: names }: DashboardsProps) {
    super(scope, id);
    const draw = new Draw(
      config,
      datasets,
      alarms.map(({ spec }) => spec),
    );
    const dashboard = (name: string, widgets: IWidget[][]) => new Dashboard(this, name, { dashboardName: physicalName(config, name), widgets });
    dashboard('overview', [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: alarms.map(({ alarm }) => alarm), width: FULL, height: 6 })],
      [health.byComponent(draw), health.overall(draw)],
      [freshness.byLayer(draw), freshness.byDataset(draw), health.failed(draw)],
      [freshness.tooOld(draw), quarantine.part(draw), canaries.age(draw)],
      [jobs.flow(draw, names), cost.ofMonth(draw)],
    ]);
    dashboard('ingestion', [[sources.overdue(draw), sources.refused(draw)], [sources.ended(draw)], [sources.sinceGood(draw), sources.cadences(draw)]]);
    dashboard('pipeline', [
      ...names.map((job) => jobs.row(draw, job)),
      [retention.used(draw), canaries.tooOld(draw), retention.waiting(draw)],
      [tables.sizes(draw), ledger.gaps(draw), tables.whereElse(draw)],
    ]);
  }
}
