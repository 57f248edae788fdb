import { Stack, type StackProps } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type Dataset, LAYERS, type Table } from '../../contracts/index.js';
import { RAIL_TABLES } from '../../contracts/ledger.js';
import { qualifyDatabases } from '../../contracts/sql.js';
import { type Config, databaseName, physicalName } from '../config.js';

export interface CatalogStackProps extends StackProps {
  readonly config: Config;
  readonly datasets: readonly Dataset[];
  readonly lake: IBucket;
  readonly artefacts: IBucket;
  readonly key: IKey;
}

/**
 * Glue databases and tables, and the Athena workgroup. Rows here only point at the lake: deleting them loses no data, so
 * they go with their stack, and are made again; kept, they would stand in the way of that. A driver points those of
 * rebuilt tables at their generation when it starts.
 */
export class CatalogStack extends Stack {
  constructor(scope: Construct, id: string, props: CatalogStackProps) {
    super(scope, id, props);
    const { config, datasets, lake } = props;
    const databases = new Map(LAYERS.map((layer) => [layer, this.database(config, layer)]));
    for (const table of [...datasets.flatMap((dataset) => dataset.tables), ...RAIL_TABLES]) {
      const row = this.table(config, lake, table);
      const database = databases.get(table.layer);
      if (database) row.addResourceDependency(database);
    }
    const workgroup = this.workgroup(props);
    if (!config.capabilities.namedQueries) return;
    for (const query of datasets.flatMap((dataset) => dataset.queries)) {
      const named = new CfnNamedQuery(this, `Query-${query.name}`, {
        name: physicalName(config, query.name),
        description: query.description,
        database: databaseName(config, 'gold'),
        workGroup: workgroup.name,
        queryString: qualifyDatabases(query.sql, (layer) => databaseName(config, layer)),
      });
      named.addResourceDependency(workgroup);
    }
  }

  private database(config: Config, layer: string): CfnDatabase {
    const database = new CfnDatabase(this, `Database-${layer}`, {
      catalogId: this.account,
      databaseInput: { name: databaseName(config, layer), description: `${layer} tables of ${physicalName(config, 'lake')}` },
    });
    return database;
  }

  /**
   * A row that Athena and Trino both read as Delta: parameter `spark.sql.sources.provider`, SerDe parameter `path`.
   * The columns are for people and tools; both engines take the schema from the Delta log.
   */
  private table(config: Config, lake: IBucket, table: Table): CfnTable {
    const location = `s3://${lake.bucketName}/${table.layer}/${table.name}/`;
    const row = new CfnTable(this, `Table-${table.layer}-${table.name}`, {
      catalogId: this.account,
      databaseName: databaseName(config, table.layer),
      tableInput: {
        name: table.name,
        description: table.description,
        tableType: 'EXTERNAL_TABLE',
        parameters: { 'spark.sql.sources.provider': 'delta', EXTERNAL: 'TRUE', classification: 'delta' },
        storageDescriptor: {
          location,
          columns: Object.entries(table.columns).map(([name, { type, description }]) => ({ name, type, comment: description.slice(0, 255) })),
          inputFormat: 'org.apache.hadoop.mapred.SequenceFileInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe', parameters: { path: location, 'serialization.format': '1' } },
        },
      },
    });
    return row;
  }

  private workgroup({ config, artefacts, key }: CatalogStackProps): CfnWorkGroup {
    return new CfnWorkGroup(this, 'WorkGroup', {
      name: physicalName(config, 'queries'),
      description: `Queries on ${physicalName(config, 'lake')}`,
      // Athena deletes no workgroup that has been asked something, unless told so.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: config.athena.scanLimitBytes,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: { outputLocation: `s3://${artefacts.bucketName}/athena/`, encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn } },
      },
    });
  }
}
