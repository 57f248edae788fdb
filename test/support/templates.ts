import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import type { Dataset } from '../../contracts/index.js';
import { datasets } from '../../datasets/index.js';
import { type Config, loadConfig } from '../../lib/config.js';
import type { TemplateJson } from '../../lib/cost/resources.js';
import { SluiceChecks } from '../../lib/shared/acknowledge.js';
import { BUNDLES, bundleFunction } from '../../lib/shared/bundle.js';
import { addStage, type SluiceStacks } from '../../lib/stages.js';
import { ROOT } from '../../localstack/paths.js';
import { filesOf } from './house/files.js';
import { kept, onceARun } from './once.js';

export type StackName = keyof SluiceStacks;

/** What is kept of a stack. */
interface KeptStack {
  readonly template: TemplateJson;
  readonly terminationProtection: boolean;
  /** Stacks of the stage that it needs, by their names here. */
  readonly dependencies: readonly string[];
}

interface KeptStage {
  readonly stacks: Readonly<Partial<Record<StackName, KeptStack>>>;
  /** Files and folders that assets are made of, by the assets' hashes. */
  readonly assets: Readonly<Record<string, string>>;
}

export interface Synthesised {
  /** The stacks that the stage has. */
  readonly names: readonly StackName[];
  readonly stack: (name: StackName) => Omit<KeptStack, 'template'>;
  readonly template: (name: StackName) => Template;
  readonly json: (name: StackName) => TemplateJson;
  /** What an asset is made of, by its hash. */
  readonly asset: (hash: string) => string;
  /** cdk-nag's unacknowledged findings, as `RULE at PATH`. */
  readonly findings: () => string[];
}

/** The code of all functions, bundled once a run. */
const bundles = (): string =>
  onceARun('functions', () => {
    const folder = join(kept(), 'functions');
    const handlers = readdirSync(join(ROOT, 'lambdas')).filter((name) => readdirSync(join(ROOT, 'lambdas', name)).includes('handler.ts'));
    for (const name of handlers) bundleFunction(name, join(folder, name));
    return folder;
  });

function build(config: Config, of: readonly Dataset[], outdir: string): { readonly app: App; readonly stacks: SluiceStacks } {
  // Assets stay where they are: jars of 20 MB are no part of a template. What CloudFormation says of templates, cfn-lint says in scanner.test.ts.
  const app = new App({ outdir, context: { ...cdkJson.context, 'aws:cdk:disable-asset-staging': true, [BUNDLES]: bundles() }, builtinCloudFormationValidation: false });
  return { app, stacks: addStage(app, config, of) };
}

/** Builds the app of a stage in a folder that is gone when its reader has ended. */
function built<T>(key: string, config: Config, of: readonly Dataset[], read: (app: App, stacks: SluiceStacks, outdir: string) => T): T {
  const outdir = join(kept(), `${key}.app`);
  mkdirSync(outdir);
  try {
    const { app, stacks } = build(config, of, outdir);
    app.synth();
    return read(app, stacks, outdir);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function keptOf(stacks: SluiceStacks, outdir: string): KeptStage {
  const named = Object.entries(stacks) as [StackName, Stack][];
  const nameOf = (stack: Stack): string => named.find(([, each]) => each === stack)?.[0] ?? stack.stackName;
  const keptStack = (stack: Stack): KeptStack => ({
    template: JSON.parse(readFileSync(join(outdir, stack.templateFile), 'utf8')) as TemplateJson,
    terminationProtection: stack.terminationProtection === true,
    dependencies: stack.dependencies.map(nameOf),
  });
  const manifests = readdirSync(outdir).filter((name) => name.endsWith('.assets.json'));
  const assets = manifests.flatMap((name) => {
    const { files } = JSON.parse(readFileSync(join(outdir, name), 'utf8')) as { files: Record<string, { source: { path: string } }> };
    return Object.entries(files).map(([hash, { source }]) => [hash, resolve(outdir, source.path)] as const);
  });
  return { stacks: Object.fromEntries(named.map(([name, stack]) => [name, keptStack(stack)])), assets: Object.fromEntries(assets) };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let ofCode: string | undefined;
/** What templates are made of, so that a watching run does not answer with those of before. */
function codeHash(): string {
  ofCode ??= sha256(JSON.stringify([...filesOf(['contracts', 'datasets', 'lambdas', 'lib'], '.ts'), ...filesOf(['glue-jobs'], '.py')]));
  return ofCode;
}

const cache = new Map<string, Synthesised>();

/** A stage of some configuration, synthesised once a run. @param of other datasets than those of the contracts */
export function synthesiseConfig(config: Config, of: readonly Dataset[] = datasets): Synthesised {
  const key = `stage-${sha256(JSON.stringify([config, of === datasets ? codeHash() : [codeHash(), of]])).slice(0, 24)}`;
  const known = cache.get(key);
  if (known) return known;
  const { stacks, assets } = onceARun(key, () => built(key, config, of, (_app, made, outdir) => keptOf(made, outdir)));
  const templates = new Map<StackName, Template>();
  const stackOf = (name: StackName): KeptStack => {
    const stack = stacks[name];
    if (!stack) throw new Error(`stage ${config.stage} has no ${name} stack`);
    return stack;
  };
  const made: Synthesised = {
    names: Object.keys(stacks) as StackName[],
    stack: stackOf,
    json: (name) => stackOf(name).template,
    template: (name) => {
      const template = templates.get(name) ?? Template.fromJSON(stackOf(name).template as Record<string, unknown>);
      templates.set(name, template);
      return template;
    },
    asset: (hash) => {
      const path = assets[hash];
      if (path === undefined) throw new Error(`stage ${config.stage} has no asset ${hash}`);
      return path;
    },
    findings: () =>
      built(`${key}-nag`, config, of, (app) => {
        const { violations } = new SluiceChecks(app).validate({ appConstruct: app, templatePaths: [] } as never);
        return violations.flatMap(({ ruleName, violatingResources }) =>
          violatingResources.map((resource) => `${ruleName} at ${'constructPath' in resource ? String(resource.constructPath) : ''}`),
        );
      }),
  };
  cache.set(key, made);
  return made;
}

/** A stage as its variables configure it, synthesised once a run. @param of other datasets than those of the contracts */
export const synthesise = (stage: 'local' | 'dev' | 'prod', env: Record<string, string> = {}, of: readonly Dataset[] = datasets): Synthesised =>
  synthesiseConfig(loadConfig(stage, env), of);
