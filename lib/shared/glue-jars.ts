import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';

/** Jars that Glue's Spark lacks or has too old, as `./sluice` installs them (localstack/install/ivy.xml, configuration `glue`). */
const GLUE_JARS = fileURLToPath(new URL('../../.sluice/tools/jars/glue', import.meta.url));

/** Delta of its own for a Glue job. */
export interface DeltaJars {
  /** `delta-spark`; holds the Python package as well. */
  readonly spark: Asset;
  readonly storage: Asset;
}

/** The jars that Glue jobs bring. */
export class GlueJars extends Construct {
  /** Delta without the loss of history that Glue 5.1's own has (docs/decisions/0013). */
  readonly delta: DeltaJars;
  /** IAM for Kafka, and checkpoints that can be aborted. */
  readonly streaming: readonly Asset[];
  /** A hash of each jar. */
  readonly hashes: readonly string[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const names = existsSync(GLUE_JARS)
      ? readdirSync(GLUE_JARS)
          .filter((name) => name.endsWith('.jar'))
          .sort()
      : [];
    const asset = (name: string) => new Asset(this, `Jar-${name}`, { path: join(GLUE_JARS, name) });
    const one = (prefix: string): Asset => {
      const name = names.find((each) => each.startsWith(prefix));
      if (name === undefined) throw new Error(`the jars for Glue are not installed (no ${prefix}*.jar in ${GLUE_JARS}): deploy with ./sluice deploy, which installs them first`);
      return asset(name);
    };
    this.delta = { spark: one('delta-spark_'), storage: one('delta-storage-') };
    this.streaming = names.filter((name) => !name.startsWith('delta-')).map(asset);
    this.hashes = [this.delta.spark, this.delta.storage, ...this.streaming].map(({ assetHash }) => assetHash);
  }
}
