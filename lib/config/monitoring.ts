import { z } from 'zod';

/** Who hears of alarms: e-mail addresses, HTTPS endpoints (PagerDuty and its kin take SNS messages so), a Slack channel. */
export const subscribersSchema = z
  .object({
    emails: z.array(z.email()).default([]),
    urls: z.array(z.url({ protocol: /^https$/, error: 'a URL that alarms are sent to is https' })).default([]),
    slack: z
      .object({ workspaceId: z.string().regex(/^T[A-Z0-9]+$/, 'a Slack workspace is T...'), channelId: z.string().regex(/^C[A-Z0-9]+$/, 'a Slack channel is C...') })
      .strict()
      .optional(),
  })
  .strict()
  .prefault({});

export const monitoringSchema = z
  .object({
    everyMinutes: z.number().int().min(1).default(15),
    /** How often a canary goes through every layer of every dataset: each is a batch a table. @default - with each look */
    canaryMinutes: z.number().int().min(1).optional(),
    /** Who is told of what must be seen to at once (`page`) and of what can wait (`ticket`). */
    page: subscribersSchema,
    ticket: subscribersSchema,
    /** A queue that receives all notifications as well, for tests and for `sluice status` here. */
    inbox: z.boolean().default(false),
    /** Where docs/runbook.md is read. */
    runbookUrl: z.string().min(1).default('docs/runbook.md'),
    /** USD a month for the account; exceeded or about to be, somebody is told. @default - no budget */
    monthlyBudget: z.number().positive().optional(),
  })
  .strict()
  .prefault({});
