import { type IPolicyValidationContext, type PolicyValidationPluginReport, Validations } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks, rules } from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** Acknowledges a cdk-nag finding on a construct and what is below it, with the reason why it stands. */
export function acknowledge(scope: IConstruct, findings: Readonly<Record<string, string>>): void {
  Validations.of(scope).acknowledge(...Object.entries(findings).map(([id, reason]) => ({ id, reason })));
}

const matcher = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('%')
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

interface Pattern {
  readonly expression: RegExp;
  readonly reason: string;
}

const PATTERNS = new WeakMap<IConstruct, Pattern[]>();

/**
 * Acknowledges wildcard permissions (AwsSolutions-IAM5) below `scope`, each by what it grants.
 *
 * cdk-nag asks for the exact finding, in which CDK writes logical ids and imports that nobody can foresee; `%` stands
 * for those. A finding that no pattern matches stays a finding. Takes effect with {@link SluiceChecks}.
 */
export function acknowledgeWildcards(scope: IConstruct, patterns: Readonly<Record<string, string>>): void {
  const added = Object.entries(patterns).map(([pattern, reason]) => ({ expression: matcher(pattern), reason }));
  PATTERNS.set(scope, [...(PATTERNS.get(scope) ?? []), ...added]);
}

/** cdk-nag's AwsSolutions pack, with {@link acknowledgeWildcards}. */
export class SluiceChecks extends AwsSolutionsChecks {
  constructor(private readonly app: IConstruct) {
    super(app);
  }

  override validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    for (const node of this.app.node.findAll()) {
      if (!(node instanceof CfnPolicy)) continue;
      const findings = rules.iam.IAMNoWildcardPermissions(node);
      if (!Array.isArray(findings)) continue;
      const patterns = node.node.scopes.flatMap((scope) => PATTERNS.get(scope) ?? []);
      for (const finding of findings) {
        const match = patterns.find(({ expression }) => expression.test(finding));
        if (match) acknowledge(node, { [`AwsSolutions-IAM5[${finding}]`]: match.reason });
      }
    }
    return super.validate(context);
  }
}

/** What CDK's grants on encrypted buckets contain: the verbs of one bucket's objects, never of others. */
export const BUCKET_GRANTS: Readonly<Record<string, string>> = Object.fromEntries(
  ['s3:Abort*', 's3:DeleteObject*', 's3:GetBucket*', 's3:GetObject*', 's3:List*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'].map((action) => [
    `Action::${action}`,
    "CDK's own grant on the named buckets and their key: variants of one verb (GetObject, GetObjectVersion and the like).",
  ]),
);
