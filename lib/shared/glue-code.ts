import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { App } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { compileContracts, renderContracts } from '../../contracts/compile.js';
import type { Dataset } from '../../contracts/index.js';

/** Folder of the Spark code. */
export const GLUE_JOBS = fileURLToPath(new URL('../../glue-jobs', import.meta.url));

/** What every Glue job reads: the rails (`medallion`), the datasets' own code (`datasets`), and `contracts.json`. */
export class GlueCode extends Construct {
  /** The bytes of `contracts.json`. */
  readonly contractsText: string;
  readonly contracts: Asset;
  readonly medallion: Asset;

  constructor(scope: Construct, id: string, datasets: readonly Dataset[]) {
    super(scope, id);
    this.contractsText = renderContracts(compileContracts(datasets));
    const folder = join((this.node.root as App).outdir, 'contracts');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'contracts.json');
    writeFileSync(path, this.contractsText);
    this.contracts = new Asset(this, 'Contracts', { path });
    this.medallion = new Asset(this, 'Package', { path: GLUE_JOBS, exclude: ['*', '!medallion', '!medallion/**', '!datasets', '!datasets/**', '**/__pycache__'] });
  }

  /** The entry point of a job, by its path below the folder of the Spark code. */
  script(name: string): Asset {
    return new Asset(this, `Script-${name.replaceAll('/', '-')}`, { path: join(GLUE_JOBS, `${name}.py`) });
  }
}
