import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { ROOT } from '../../localstack/paths.js';
import { synthesise } from './templates.js';

export const streamingJobs = (template: Template) => Object.values(template.findResources('AWS::Glue::Job', { Properties: { Command: { Name: 'gluestreaming' } } }));

/** The jars that a job's argument names, by the names that the checksums of what they are made of have in jars.sha256. */
export function jarsOf(stage: 'local' | 'dev' | 'prod', argument: unknown): string[] {
  const names = new Map(
    readFileSync(join(ROOT, 'localstack', 'install', 'jars.sha256'), 'utf8')
      .split('\n')
      .map((line) => line.split(/ {2}glue\//) as [string, string]),
  );
  return [...JSON.stringify(argument).matchAll(/([0-9a-f]{64})\.jar/g)].map(([jar, hash = '']) => {
    const bytes = readFileSync(synthesise(stage).asset(hash));
    return names.get(createHash('sha256').update(bytes).digest('hex')) ?? `${jar}, which jars.sha256 does not name`;
  });
}
