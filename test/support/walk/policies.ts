import { ACCOUNT, at, isObject, type Json, listOf, type StageTemplates } from './templates.js';

/** A statement of a policy, its references followed. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** `Service name.amazonaws.com`, `AWS arn:…`, `*`; empty where the policy is of a role. */
  readonly principals: readonly string[];
  /** Operator, key, values. */
  readonly conditions: readonly (readonly [operator: string, key: string, values: readonly string[]])[];
}

/** Whether a pattern of IAM (`*`, `?`) takes in a text. Case counts, but not in actions. */
export function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

export const namesAction = (statement: Statement, action: string): boolean => statement.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));

/** Whether a statement is about a resource, or about something inside it (`ARN/…`). */
export const isAbout = (statement: Statement, arn: string, inside = false): boolean =>
  statement.resources.some((pattern) => {
    if (!inside) return matches(pattern, arn);
    const literal = pattern.split(/[*?]/)[0] ?? '';
    return literal.startsWith(`${arn}/`) || (literal !== pattern && `${arn}/`.startsWith(literal));
  });

const principalsOf = (value: Json | undefined, text: (value: Json) => string): string[] => {
  if (value === undefined) return [];
  if (!isObject(value)) return [text(value)];
  return Object.entries(value).flatMap(([kind, names]) => listOf(names).map((name) => `${kind} ${text(name)}`));
};

/** The statements of a policy document. */
export function statementsOf(document: Json | undefined, stack: string, stage: StageTemplates): Statement[] {
  const text = (value: Json) => stage.text(value, stack);
  return listOf(at(document, 'Statement')).map((statement) => {
    if (!isObject(statement) || statement.NotAction !== undefined || statement.NotResource !== undefined)
      throw new Error(`${stack}: a statement of NotAction or NotResource cannot be judged: ${JSON.stringify(statement)}`);
    return {
      effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
      actions: listOf(statement.Action).map(text),
      resources: listOf(statement.Resource).map(text),
      principals: principalsOf(statement.Principal, text),
      conditions: Object.entries(isObject(statement.Condition) ? statement.Condition : {}).flatMap(([operator, keys]) =>
        Object.entries(isObject(keys) ? keys : {}).map(([key, values]) => [operator, key, listOf(values).map(text)] as const),
      ),
    };
  });
}

/** Whether the policy of a key leaves it to IAM who of the account may use it. */
export const leavesToIam = (statements: readonly Statement[]): boolean =>
  statements.some(
    ({ effect, actions, principals, conditions }) =>
      effect === 'Allow' && actions.includes('kms:*') && conditions.length === 0 && principals.includes(`AWS arn:aws:iam::${ACCOUNT}:root`),
  );
