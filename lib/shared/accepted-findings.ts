/** A finding of the second scanner (checkov) that stands, and why. */
export interface Accepted {
  /** Which resources, `FILE RESOURCE`, where it is not all of them. @default - all */
  readonly where?: RegExp;
  readonly reason: string;
}

/** By checkov's id. A finding that is not here fails the tests, and so does an entry that nothing needs. */
export const ACCEPTED_FINDINGS: Readonly<Record<string, Accepted>> = {
  CKV_AWS_158: { reason: 'Logs hold no data of users, only what functions and brokers say; CloudWatch encrypts them with its own key.' },
  CKV_AWS_116: {
    reason: 'What a function fails at goes to its onFailure queue (EventInvokeConfig), which holds more than DeadLetterConfig does; custom resources are called synchronously.',
  },
  CKV_AWS_115: { reason: 'Concurrency is bounded by the schedules, the flow’s cap and a lease per source; reserved concurrency would take it from the account’s other functions.' },
  CKV_AWS_27: { reason: 'Queues are encrypted by SQS itself (SqsManagedSseEnabled), which this check does not know.' },
  CKV_AWS_173: { reason: 'No variable holds a secret: names of resources and settings, which Lambda encrypts with its own key.' },
  CKV_AWS_21: {
    reason:
      'Delta keeps versions itself and VACUUM bounds them; lake and landing keep versions of objects for some days where a profile asks for it (config.backup). Checkpoints and query results are made anew, lists are named by version, logs are append-only.',
  },
  CKV_AWS_117: {
    where: /(Watchdog|PublishFunction|Providerframework|AWS679f|Custom)/,
    reason: 'These speak to AWS APIs alone; in the VPC they would need NAT for it. Whatever speaks to Kafka is in the VPC.',
  },
  CKV_AWS_18: { where: /(AccessLogs|Lists)/, reason: 'The access-log bucket would log into itself; the lists are public and CloudFront alone reads them.' },
  CKV_AWS_111: {
    where: /medallion.*(Job|Rebuild)|medallion/,
    reason: 'What Glue documents for connections into a VPC: making and deleting network interfaces takes no resource; tags are held to Glue’s own.',
  },
  CKV_AWS_68: { reason: 'Static public files: there is nothing behind the distribution to attack.' },
  CKV_AWS_86: { reason: 'A log of who fetches lists would be personal data that nobody needs.' },
  CKV_AWS_174: { reason: 'The default certificate of cloudfront.net; with a domain of one’s own, TLS 1.2 is set beside it.' },
};
