import { Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { WRITERS } from '../../contracts/index.js';
import { type Config, databaseName, physicalName } from '../config.js';
import { acknowledgeWildcards } from '../shared/acknowledge.js';
import type { PySparkJob } from '../shared/pyspark-job.js';
import { grantTable } from '../shared/table-grant.js';
import { LAYOUTS } from './layouts.js';

/** What whoever writes tables needs beside them: a lease, who held it before, and the catalog's rows. */
export function grantWriter(job: PySparkJob, stateTable: ITable, config: Config): void {
  grantTable(stateTable, job.role, 'GetItem', 'PutItem', 'DeleteItem');
  grantHolders(job, config);
  grantCatalog(job, config);
}

/** A lease is taken over from whichever run held it and has ended: of this job, of another layout's, of a rebuild. */
function grantHolders(job: PySparkJob, config: Config): void {
  const holders = [...Object.values(LAYOUTS).flatMap((layout) => Object.keys(layout)), 'rebuild'];
  job.allow(
    ['glue:GetJobRun'],
    holders.map((name) => Stack.of(job).formatArn({ service: 'glue', resource: 'job', resourceName: physicalName(config, name) })),
  );
}

/** A rebuilt table stands elsewhere: the catalog's row is moved by the driver that writes the table. */
function grantCatalog(job: PySparkJob, config: Config): void {
  const arn = (resource: string, resourceName?: string) => Stack.of(job).formatArn({ service: 'glue', resource, ...(resourceName ? { resourceName } : {}) });
  const databases = WRITERS.map((layer) => databaseName(config, layer));
  job.allow(['glue:GetTable', 'glue:UpdateTable'], [arn('catalog'), ...databases.flatMap((database) => [arn('database', database), arn('table', `${database}/*`)])]);
  acknowledgeWildcards(
    job.role,
    Object.fromEntries(databases.map((database) => [`Resource::arn:<AWS::Partition>:glue:%:table/${database}/*`, 'Tables of the layers that the driver writes.'])),
  );
}

/** What Glue documents for connections into a VPC. */
export function grantNetwork(job: PySparkJob): void {
  const describe = [
    'ec2:DescribeVpcEndpoints',
    'ec2:DescribeRouteTables',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSecurityGroups',
    'ec2:DescribeSubnets',
    'ec2:DescribeVpcAttribute',
  ];
  job.allow([...describe, 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'glue:GetConnection'], ['*']);
  job.role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: [Stack.of(job).formatArn({ service: 'ec2', region: '*', account: '*', resource: 'network-interface', resourceName: '*' })],
      conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
    }),
  );
}
