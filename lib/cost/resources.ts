import type { CostItem } from './item.js';
import { type Prices, WORKER_DPU } from './prices.js';
import { HOURS } from './usage.js';

/** A CloudFormation template, as far as it is read here. */
export interface TemplateJson {
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>>; readonly DeletionPolicy?: string }>>;
}

/** `Retain`, or `RetainExceptOnCreate`, which keeps nothing of a first deploy that failed. */
export const isKept = (deletionPolicy: string | undefined): boolean => deletionPolicy?.startsWith('Retain') === true;

type Properties = Readonly<Record<string, unknown>>;
type Priced = readonly [service: string, what: string, monthly: number];

/** Dashboards that are free, and metrics that each of these may show. */
const FREE_DASHBOARDS = 3;
const FREE_DASHBOARD_METRICS = 50;
/** The root volume of an instance whose image says nothing else. */
const ROOT_VOLUME_GB = 8;

const commandOf = ({ Command }: Properties): string | undefined => (Command as { Name?: string } | undefined)?.Name;
export const isStreaming = (type: string, properties: Properties): boolean => type === 'AWS::Glue::Job' && commandOf(properties) === 'gluestreaming';

/** DPU of all workers of a job. @throws Error where the worker type has no known price */
export function dpuOf(properties: Properties): number {
  const type = String(properties.WorkerType);
  const dpu = WORKER_DPU[type];
  if (dpu === undefined) throw new Error(`no price is known for Glue workers of type ${type}`);
  return Number(properties.NumberOfWorkers) * dpu;
}

function streamingJob(properties: Properties, { glueDpuHour }: Prices, awakeHours: number): Priced[] {
  const hours = awakeHours === HOURS ? 'all hours' : `${Math.round(awakeHours)} of ${HOURS} hours`;
  return [
    [
      'Glue',
      `job ${String(properties.Name)}: ${String(properties.NumberOfWorkers)} workers ${String(properties.WorkerType)}, ${hours}`,
      dpuOf(properties) * glueDpuHour * awakeHours,
    ],
  ];
}

function cluster(properties: Properties, prices: Prices): Priced[] {
  const brokers = Number(properties.NumberOfBrokerNodes);
  const group = properties.BrokerNodeGroupInfo as { InstanceType: string; StorageInfo?: { EBSStorageInfo?: { VolumeSize?: number } } };
  const hourly = prices.mskBrokerHour[group.InstanceType];
  if (hourly === undefined) throw new Error(`no price is known for MSK brokers of type ${group.InstanceType}`);
  const gb = brokers * (group.StorageInfo?.EBSStorageInfo?.VolumeSize ?? 0);
  return [
    ['MSK', `${brokers} brokers ${group.InstanceType}`, brokers * hourly * HOURS],
    ['MSK', `${gb} GB of broker storage`, gb * prices.mskStorageGbMonth],
  ];
}

function instance(properties: Properties, prices: Prices): Priced[] {
  const type = String(properties.InstanceType);
  const hourly = prices.instanceHour[type];
  if (hourly === undefined) throw new Error(`no price is known for instances of type ${type}`);
  // An instance that a subnet gives a public address says so in its network interface.
  const addresses = ((properties.NetworkInterfaces as { AssociatePublicIpAddress?: boolean }[] | undefined) ?? []).filter((each) => each.AssociatePublicIpAddress === true).length;
  return [
    ['VPC', `NAT instance ${type}`, hourly * HOURS],
    ['VPC', `${ROOT_VOLUME_GB} GB of the NAT instance’s disk`, ROOT_VOLUME_GB * prices.ebsGp3GbMonth],
    ...(addresses > 0 ? [['VPC', 'public IPv4 address of the NAT instance', addresses * prices.publicIpv4Hour * HOURS] as const] : []),
  ];
}

function dashboard(properties: Properties, { dashboardMonth }: Prices): Priced[] {
  const body = JSON.stringify(properties.DashboardBody).replaceAll('\\', '');
  const shown = (body.match(/\["(\w+\/\w+|Glue)","/g) ?? []).length;
  return shown > FREE_DASHBOARD_METRICS ? [['CloudWatch', `dashboard of more than ${FREE_DASHBOARD_METRICS} metrics`, dashboardMonth]] : [];
}

function price(type: string, properties: Properties, prices: Prices, awakeHours: number): Priced[] {
  switch (type) {
    case 'AWS::Glue::Job':
      // A batch job costs while it runs, which the template does not say: lib/cost/running.ts.
      return isStreaming(type, properties) ? streamingJob(properties, prices, awakeHours) : [];
    case 'AWS::MSK::Cluster':
      return cluster(properties, prices);
    case 'AWS::MSK::ServerlessCluster':
      return [['MSK', 'serverless cluster', prices.mskServerlessClusterHour * HOURS]];
    case 'AWS::EC2::NatGateway':
      return [['VPC', 'NAT gateway', prices.natGatewayHour * HOURS]];
    case 'AWS::EC2::EIP':
      return [['VPC', 'public IPv4 address', prices.publicIpv4Hour * HOURS]];
    case 'AWS::EC2::Instance':
      return instance(properties, prices);
    case 'AWS::EC2::VPCEndpoint': {
      if (properties.VpcEndpointType !== 'Interface') return [];
      const zones = (properties.SubnetIds as unknown[] | undefined)?.length ?? 1;
      return [['VPC', `interface endpoint in ${zones} zones`, zones * prices.endpointHour * HOURS]];
    }
    case 'AWS::KMS::Key':
      return [['KMS', 'key', prices.kmsKeyMonth]];
    case 'AWS::CloudWatch::Alarm':
      return [['CloudWatch', 'alarm', prices.alarmMonth]];
    case 'AWS::CloudWatch::CompositeAlarm':
      return [['CloudWatch', 'composite alarm', prices.compositeAlarmMonth]];
    case 'AWS::CloudWatch::Dashboard':
      return dashboard(properties, prices);
    case 'AWS::SecretsManager::Secret':
      return [['Secrets Manager', 'secret', prices.secretMonth]];
    default:
      return [];
  }
}

/** Whom a resource is for, by what it says of itself; null where it says nothing. */
export type Owner = (properties: Properties) => string | null;

/** What is billed by the hour or month whether or not anything flows. @throws Error where a worker, a broker or an instance has no known price */
export function resourceItems(templates: readonly TemplateJson[], prices: Prices, awakeHours: number, owner: Owner): CostItem[] {
  const items: CostItem[] = [];
  let serverless = false;
  let dashboards = 0;
  const partitions: { readonly name: string; readonly partitions: number }[] = [];
  for (const { Resources = {} } of templates) {
    for (const [resource, { Type, Properties = {}, DeletionPolicy }] of Object.entries(Resources)) {
      for (const [service, what, monthly] of price(Type, Properties, prices, awakeHours))
        items.push({ service, what, monthly, resource, dataset: owner(Properties), stays: isKept(DeletionPolicy) });
      if (Type === 'AWS::MSK::ServerlessCluster') serverless = true;
      if (Type === 'AWS::CloudWatch::Dashboard') dashboards++;
      if (Type === 'Custom::KafkaTopics') partitions.push(...(JSON.parse(String(Properties.topics)) as { name: string; partitions: number }[]));
    }
  }
  const shared = { resource: '', stays: false };
  if (serverless)
    for (const { name, partitions: count } of partitions)
      items.push({ ...shared, service: 'MSK', what: `${count} partitions`, monthly: count * prices.mskServerlessPartitionHour * HOURS, dataset: name });
  const more = Math.max(0, dashboards - FREE_DASHBOARDS);
  if (more > 0) items.push({ ...shared, service: 'CloudWatch', what: `${more} dashboards`, monthly: more * prices.dashboardMonth, dataset: null });
  return items;
}
