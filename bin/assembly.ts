import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TemplateJson } from '../lib/cost/resources.js';

/** A stack as it would be deployed. */
export interface AssemblyStack {
  readonly name: string;
  readonly template: TemplateJson;
  /** Names of stacks that it needs. */
  readonly dependencies: readonly string[];
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly dependencies?: readonly string[];
        readonly properties?: { readonly templateFile?: string; readonly requiresBootstrapStackVersion?: number };
      }
    >
  >;
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;

/** The stacks of a cloud assembly, each after those that it needs. */
export function stacksOf(folder: string): AssemblyStack[] {
  const stacks = Object.entries(manifestOf(folder).artifacts).flatMap(([name, { type, dependencies = [], properties }]) =>
    type === 'aws:cloudformation:stack' && properties?.templateFile !== undefined
      ? [{ name, dependencies, template: JSON.parse(readFileSync(join(folder, properties.templateFile), 'utf8')) as TemplateJson }]
      : [],
  );
  const ordered: AssemblyStack[] = [];
  const names = new Set(stacks.map(({ name }) => name));
  while (ordered.length < stacks.length) {
    const placed = new Set(ordered.map(({ name }) => name));
    const next = stacks.filter(({ name, dependencies }) => !placed.has(name) && dependencies.every((each) => !names.has(each) || placed.has(each)));
    if (next.length === 0) throw new Error(`${folder}: stacks need each other`);
    ordered.push(...next);
  }
  return ordered;
}

/** The version of the bootstrap stack that an assembly asks for. */
export const bootstrapVersionOf = (folder: string): number =>
  Math.max(0, ...Object.values(manifestOf(folder).artifacts).map(({ properties }) => properties?.requiresBootstrapStackVersion ?? 0));
