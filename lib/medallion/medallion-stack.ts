import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnConnection } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { compileContracts } from '../../contracts/compile.js';
import { assertOneWriter } from '../../contracts/lock.js';
import type { WatchedJob } from '../../lambdas/watchdog/watch-jobs.js';
import { physicalName } from '../config.js';
import { privateSubnets } from '../network/subnets.js';
import { acknowledgeWildcards } from '../shared/acknowledge.js';
import { GlueCode } from '../shared/glue-code.js';
import { GlueJars } from '../shared/glue-jars.js';
import { GlueSecurity } from '../shared/glue-security.js';
import { LakeBatchJob, type LakeJobParts } from '../shared/lake-batch-job.js';
import type { LakeStackProps } from '../shared/lake-props.js';
import { OnEventProvider } from '../shared/on-event.js';
import { DriverJob, databaseArgument } from './driver-job.js';
import { grantWriter } from './driver-rights.js';
import { LAYOUTS } from './layouts.js';
import { Watchdog } from './watchdog.js';

/** The Spark jobs that write the layers, what starts them on deploy and keeps them running, and the one that computes a table anew. */
export class MedallionStack extends Stack {
  /** The streaming jobs: names, and the fingerprint that a run must have. */
  readonly jobs: readonly WatchedJob[];

  constructor(scope: Construct, id: string, props: LakeStackProps) {
    super(scope, id, props);
    const { config, datasets, stateTable } = props;
    const layout = LAYOUTS[config.medallion.layout];
    assertOneWriter(compileContracts(datasets), layout);
    const parts: LakeJobParts = {
      code: new GlueCode(this, 'Code', datasets),
      ...(config.local ? {} : { jars: new GlueJars(this, 'Jars') }),
      security: new GlueSecurity(this, 'Security', { config, name: 'glue', key: props.key }),
    };
    const connections = this.connections(props);
    const jobs = Object.entries(layout).map(([name, layers]) => new DriverJob(this, `Job-${name}`, { ...props, ...parts, name, layers, connections }));
    const { window, restartEveryHours } = config.medallion;
    this.jobs = jobs.map(({ jobName, fingerprint }) => ({
      name: jobName,
      release: fingerprint,
      ...(window === undefined ? {} : { window }),
      ...(restartEveryHours === undefined ? {} : { restartEveryHours }),
    }));
    // 'Default' leaves the ids of what is in it as they were in the stack: what has a physical name cannot be replaced.
    const watchdog = new Watchdog(this, 'Default', { config, stateTable, jobs, watched: this.jobs });
    // The role of its schedule stands in the stack.
    acknowledgeWildcards(this, { 'Resource::<Watchdog%.Arn>:*': 'A schedule may invoke any version of the one function it names.' });
    this.startOnDeploy(watchdog, jobs);
    this.rebuild(props, parts);
  }

  /** A deploy starts the jobs and restarts those whose fingerprint changed, and a removal stops them. */
  private startOnDeploy(watchdog: Watchdog, jobs: readonly DriverJob[]): void {
    const start = new CustomResource(this, 'StartJobs', {
      resourceType: 'Custom::JobRelease',
      serviceToken: new OnEventProvider(this, 'Release', watchdog.function).serviceToken,
      properties: { releases: jobs.map(({ fingerprint }) => fingerprint).join(',') },
    });
    for (const job of jobs) start.node.addDependency(job);
    // On removal its delete stops the runs: after the schedule, which would start them again, and before the jobs.
    watchdog.schedule.node.addDependency(start);
  }

  private connections({ config, vpc, broker }: LakeStackProps): string[] {
    if (!vpc || !broker.clientSecurityGroup) return [];
    const [subnet] = privateSubnets(vpc, config);
    if (!subnet) throw new Error('network: the VPC has no private subnet with egress, which Glue needs to reach Kafka');
    const name = physicalName(config, 'network');
    const connection = new CfnConnection(this, 'Connection', {
      catalogId: this.account,
      connectionInput: {
        name,
        connectionType: 'NETWORK',
        connectionProperties: {},
        physicalConnectionRequirements: { availabilityZone: subnet.availabilityZone, subnetId: subnet.subnetId, securityGroupIdList: [broker.clientSecurityGroup.securityGroupId] },
      },
    });
    // By reference: a job is made after it.
    return [connection.ref];
  }

  private rebuild({ config, lake, artefacts, stateTable }: LakeStackProps, parts: LakeJobParts): void {
    const job = new LakeBatchJob(this, 'Rebuild', {
      ...parts,
      config,
      name: 'rebuild',
      script: 'rebuild',
      description: 'Computes a table anew into a path of its own, compares, and swaps when told',
      lake,
      artefacts,
      stateTableName: stateTable.tableName,
      arguments: databaseArgument(config),
      timeout: Duration.hours(12),
    });
    lake.grantReadWrite(job.role);
    grantWriter(job, stateTable, config);
    acknowledgeWildcards(job.role, { 'Resource::%Lake%/*': 'Delta names its files itself.' });
  }
}
