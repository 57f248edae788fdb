import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import cdkJson from '../cdk.json' with { type: 'json' };
import type { Dataset } from '../contracts/index.js';
import { datasets } from '../datasets/index.js';
import type { Config } from '../lib/config.js';
import type { TemplateJson } from '../lib/cost/resources.js';
import { addStage } from '../lib/stages.js';

/** The templates of a stage, as they would be deployed. @param of other datasets than those of the contracts */
export function templatesOf(config: Config, of: readonly Dataset[] = datasets): TemplateJson[] {
  const outdir = mkdtempSync(join(tmpdir(), 'sluice-synth-'));
  try {
    // To be read, not to be deployed: nobody hears what CloudFormation thinks of them, and it thinks for seconds.
    const app = new App({ outdir, context: cdkJson.context, builtinCloudFormationValidation: false });
    addStage(app, config, of);
    app.synth();
    return readTemplates(outdir);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

export const readTemplates = (folder: string): TemplateJson[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TemplateJson);
