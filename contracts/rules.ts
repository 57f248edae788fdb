import { z } from 'zod';

const action = z.enum(['quarantine', 'drop', 'warn']);
const base = { name: z.string().regex(/^[a-z][a-z0-9_]*$/, 'a rule name is snake_case'), field: z.string(), action };

/**
 * The closed vocabulary of row rules. Each compiles to TypeScript ({@link breaks}) and to Spark SQL ({@link ruleSql});
 * `contracts/rule-vectors.json` is run through both. Every rule but `notNull` holds for null.
 *
 * Uniqueness is no row rule: the key of the Silver table makes it (docs/decisions/0004).
 */
export const ruleSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('notNull'), ...base }).strict(),
  z.object({ kind: z.literal('inSet'), ...base, values: z.array(z.string()).min(1) }).strict(),
  z.object({ kind: z.literal('matches'), ...base, pattern: z.string() }).strict(),
  z.object({ kind: z.literal('between'), ...base, min: z.number().optional(), max: z.number().optional() }).strict(),
  z.object({ kind: z.literal('maxLength'), ...base, characters: z.number().int().positive() }).strict(),
  /** Not later than the record's Kafka time plus a tolerance. Never the wall clock: a rebuild must decide alike. */
  z.object({ kind: z.literal('notInFuture'), ...base, toleranceSeconds: z.number().int().nonnegative() }).strict(),
]);

export type Rule = z.infer<typeof ruleSchema>;
export type RuleAction = z.infer<typeof action>;

/** Whether `record` breaks `rule`. `kafkaTime`: when the broker took the record, epoch milliseconds. */
export function breaks(rule: Rule, record: Readonly<Record<string, unknown>>, kafkaTime: number): boolean {
  const value = record[rule.field];
  if (value === null || value === undefined) return rule.kind === 'notNull';
  switch (rule.kind) {
    case 'notNull':
      return false;
    case 'inSet':
      return !rule.values.includes(String(value));
    case 'matches':
      return !new RegExp(`^(?:${rule.pattern})$`, 'u').test(String(value));
    case 'between':
      return Number(value) < (rule.min ?? -Infinity) || Number(value) > (rule.max ?? Infinity);
    case 'maxLength':
      return [...String(value)].length > rule.characters;
    case 'notInFuture':
      return Date.parse(String(value)) > kafkaTime + rule.toleranceSeconds * 1000;
  }
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A Spark SQL condition that is true where a column has a value, never null. */
export const equalsSql = (column: string, value: string | number | boolean): string => `\`${column}\` <=> ${typeof value === 'string' ? quote(value) : value}`;

/** A Spark SQL condition that is true where a row breaks `rule` and false elsewhere, never null. */
export function ruleSql(rule: Rule): string {
  const field = `\`${rule.field}\``;
  const holdsForNull = (broken: string) => `coalesce(${broken}, false)`;
  switch (rule.kind) {
    case 'notNull':
      return `${field} IS NULL`;
    case 'inSet':
      return holdsForNull(`cast(${field} AS string) NOT IN (${rule.values.map(quote).join(', ')})`);
    case 'matches':
      return holdsForNull(`NOT (cast(${field} AS string) RLIKE ${quote(`^(?:${rule.pattern})\\z`)})`);
    case 'between': {
      const bounds = [rule.min === undefined ? [] : [`${field} < ${rule.min}`], rule.max === undefined ? [] : [`${field} > ${rule.max}`]].flat();
      return holdsForNull(bounds.length === 0 ? 'false' : bounds.join(' OR '));
    }
    case 'maxLength':
      return holdsForNull(`char_length(cast(${field} AS string)) > ${rule.characters}`);
    case 'notInFuture':
      return holdsForNull(`${field} > kafka_timestamp + INTERVAL ${rule.toleranceSeconds} SECONDS`);
  }
}
