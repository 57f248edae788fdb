/** Where a run's log lies: Spark's own and the driver's (`error`), and what its code prints (`output`). */
export const GLUE_LOGS = ['error', 'output'] as const;

/**
 * The log group of Glue 5's runs (https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html): a security
 * configuration that encrypts logs, and the role's name, are part of it.
 */
export const glueLogGroup = (kind: (typeof GLUE_LOGS)[number], encrypted?: { readonly securityConfiguration: string; readonly roleName: string }): string =>
  encrypted ? `/aws-glue/jobs/${encrypted.securityConfiguration}-role/${encrypted.roleName}/${kind}` : `/aws-glue/jobs/${kind}`;
