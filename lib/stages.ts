import type { App, Environment, Stack } from 'aws-cdk-lib';
import { CfnResource, CrossStackReferences, ReferenceStrength, Tags } from 'aws-cdk-lib';
import { type Dataset, exportingDataset } from '../contracts/index.js';
import { BackupStack } from './backup/backup-stack.js';
import { BrokerStack } from './broker/broker-stack.js';
import type { BrokerConnection } from './broker/connection.js';
import { CatalogStack } from './catalog/catalog-stack.js';
import type { Config } from './config.js';
import { ExportStack } from './export/export-stack.js';
import { IngestionStack } from './ingestion/ingestion-stack.js';
import { MedallionStack } from './medallion/medallion-stack.js';
import { MonitoringStack } from './monitoring/monitoring-stack.js';
import { NetworkStack } from './network/network-stack.js';
import { OrchestrationStack } from './orchestration/orchestration-stack.js';
import { StorageStack } from './storage/storage-stack.js';
import { TopicsStack } from './topics/topics-stack.js';

export interface SluiceStacks {
  readonly network?: NetworkStack;
  readonly storage: StorageStack;
  readonly broker?: BrokerStack;
  readonly topics: TopicsStack;
  readonly catalog: CatalogStack;
  readonly medallion: MedallionStack;
  readonly ingestion: IngestionStack;
  /** @default - no dataset exports */
  readonly publishing?: ExportStack;
  readonly monitoring: MonitoringStack;
  readonly orchestration: OrchestrationStack;
  readonly backup?: BackupStack;
}

/**
 * All stacks of a stage. What holds data (storage, broker, topics, catalog) stands apart from what holds code.
 *
 * On the local stage there is neither network nor broker stack: it is given a broker that runs already.
 */
export function addStage(app: App, config: Config, datasets: readonly Dataset[]): SluiceStacks {
  const env: Environment = { ...(config.account ? { account: config.account } : {}), ...(config.region ? { region: config.region } : {}) };
  const prefix = `${config.app}-${config.stage}`;
  const common = { env, config };
  const stateful = { ...common, terminationProtection: config.terminationProtection };

  const storage = new StorageStack(app, `${prefix}-storage`, stateful);
  const network = config.capabilities.vpc ? new NetworkStack(app, `${prefix}-network`, stateful) : undefined;
  const inVpc = network ? { vpc: network.vpc } : {};
  let broker: BrokerStack | undefined;
  let connection: BrokerConnection;
  if (config.broker.kind === 'plain') {
    connection = { bootstrapServers: config.broker.bootstrapServers, auth: 'none' };
  } else {
    if (!network) throw new Error(`broker.kind: "${config.broker.kind}" needs a VPC, which stage "${config.stage}" has not`);
    broker = new BrokerStack(app, `${prefix}-broker`, { ...stateful, vpc: network.vpc, clientSecurityGroup: network.clientSecurityGroup, key: storage.key });
    connection = broker.connection;
  }
  const { key, lake, landing, checkpoints, artefacts, stateTable } = storage;
  const { dailyDays } = config.backup;
  const backup =
    dailyDays !== undefined && config.capabilities.backup
      ? new BackupStack(app, `${prefix}-backup`, { ...stateful, dailyDays, buckets: [lake, landing], stateTable, key })
      : undefined;
  const topics = new TopicsStack(app, `${prefix}-topics`, { ...stateful, ...inVpc, datasets, broker: connection });
  const catalog = new CatalogStack(app, `${prefix}-catalog`, { ...stateful, datasets, lake, artefacts, key });
  const onLake = { ...common, ...inVpc, datasets, broker: connection, key, lake, checkpoints, artefacts, stateTable };
  const medallion = new MedallionStack(app, `${prefix}-medallion`, onLake);
  medallion.addStackDependency(topics);
  const ingestion = new IngestionStack(app, `${prefix}-ingestion`, { ...common, ...inVpc, datasets, broker: connection, landing, stateTable });
  ingestion.addStackDependency(topics);
  const exporting = exportingDataset(datasets);
  const publishing = exporting === null ? undefined : new ExportStack(app, `${prefix}-publishing`, { ...common, datasets, exporting, key, lake, artefacts, stateTable });
  const monitoring = new MonitoringStack(app, `${prefix}-monitoring`, { ...onLake, jobs: medallion.jobs });
  for (const stack of [topics, catalog]) monitoring.addStackDependency(stack);
  const orchestration = new OrchestrationStack(app, `${prefix}-orchestration`, {
    ...common,
    ...inVpc,
    datasets,
    broker: connection,
    ingest: ingestion.ingest,
    stateTable,
    channel: monitoring.ticket,
  });
  orchestration.addStackDependency(topics);

  // What stands in the broker's and the network's place may change under those who use it; data may not.
  for (const stack of [network, broker]) if (stack) mayChange(stack);
  Tags.of(app).add('app', config.app);
  Tags.of(app).add('stage', config.stage);
  return {
    storage,
    topics,
    catalog,
    medallion,
    ingestion,
    monitoring,
    orchestration,
    ...(publishing ? { publishing } : {}),
    ...(network ? { network } : {}),
    ...(broker ? { broker } : {}),
    ...(backup ? { backup } : {}),
  };
}

/**
 * Lets what a stack's resources are be read by others at each of their deploys (`Fn::GetStackOutput`), and not be exported
 * to them: CloudFormation refuses to change or remove an export as long as somebody imports it, which no order of deploys
 * gets around.
 */
function mayChange(stack: Stack): void {
  for (const each of stack.node.findAll()) if (CfnResource.isCfnResource(each)) CrossStackReferences.of(each).produce(ReferenceStrength.WEAK);
}
