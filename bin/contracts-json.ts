import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileContracts, renderContracts } from '../contracts/compile.js';
import { type Rule, ruleSql } from '../contracts/rules.js';
import { datasets } from '../datasets/index.js';
import { ROOT } from '../localstack/paths.js';

/** `contracts.json` as the Spark jobs read it. */
export const contractsJson = (): string => renderContracts(compileContracts(datasets));

/** The Spark SQL of each rule vector, for the Python tests. */
export function ruleVectorSql(): string {
  const vectors = JSON.parse(readFileSync(join(ROOT, 'contracts', 'rule-vectors.json'), 'utf8')) as { rule: Rule }[];
  return JSON.stringify(vectors.map(({ rule }) => ruleSql(rule)));
}
