import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import type { Dataset } from '../../contracts/index.js';
import { datasets } from '../../datasets/index.js';
import { loadConfig } from '../../lib/config.js';
import { SluiceChecks } from '../../lib/shared/acknowledge.js';
import { addStage, type SluiceStacks } from '../../lib/stages.js';

export interface Synthesised {
  readonly app: App;
  readonly stacks: SluiceStacks;
  readonly template: (name: keyof SluiceStacks) => Template;
  /** cdk-nag's unacknowledged findings, as `RULE at PATH`. */
  readonly findings: () => string[];
}

const cache = new Map<string, Synthesised>();

/** The app of a stage, synthesised once a test file. @param of other datasets than those of the contracts */
export function synthesise(stage: 'local' | 'dev' | 'prod', env: Record<string, string> = {}, of: readonly Dataset[] = datasets): Synthesised {
  const key = JSON.stringify([stage, env, of === datasets ? null : of]);
  const known = cache.get(key);
  if (known) return known;
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'sluice-synth-')), context: cdkJson.context });
  const stacks = addStage(app, loadConfig(stage, env), of);
  const made: Synthesised = {
    app,
    stacks,
    template: (name) => {
      const stack: Stack | undefined = stacks[name];
      if (!stack) throw new Error(`stage ${stage} has no ${name} stack`);
      return Template.fromStack(stack);
    },
    findings: () => {
      app.synth();
      const { violations } = new SluiceChecks(app).validate({ appConstruct: app, templatePaths: [] } as never);
      return violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map((resource) => `${ruleName} at ${'constructPath' in resource ? String(resource.constructPath) : ''}`),
      );
    },
  };
  cache.set(key, made);
  return made;
}
