import { z } from 'zod';

/** The Spark jobs. */
export const medallionSchema = z
  .object({
    /** `combined`: one job runs all layers; `separate`: a job per layer. */
    layout: z.enum(['combined', 'separate']).default('combined'),
    workerType: z.enum(['G.1X', 'G.2X', 'G.4X', 'G.8X', 'G.025X']).default('G.1X'),
    /** Of jobs that end by themselves (export, rebuild): Glue gives G.025X to streaming jobs alone. */
    batchWorkerType: z.enum(['G.1X', 'G.2X', 'G.4X', 'G.8X']).default('G.1X'),
    workers: z.number().int().min(2).default(2),
    maxOffsetsPerTrigger: z.number().int().positive().default(500_000),
    /** @default - each contract's own */
    triggerSeconds: z.number().positive().optional(),
    /** Bronze's, where its commits should be fewer: they take time from the layers behind it. @default - as the others */
    bronzeTriggerSeconds: z.number().positive().optional(),
    /** Gold's: readers of lists wait for an export anyway. @default - as the others */
    goldTriggerSeconds: z.number().positive().optional(),
    /** Of what nobody waits for (the records of operations): each look at S3 costs. @default - each contract's own */
    backgroundTriggerSeconds: z.number().positive().optional(),
    /** How often periodic tables are recomputed. @default - each contract's own */
    periodicSeconds: z.number().positive().optional(),
    /** Small files are compacted after so many commits. @default - each contract's own */
    optimiseAfterCommits: z.number().int().positive().optional(),
    /** Whether Glue publishes metrics of its own: JVM heap, CPU, executors. CloudWatch bills them, some 60 series a job. */
    glueMetrics: z.boolean().default(false),
    watchdogMinutes: z.number().int().min(1).default(5),
    /** A job that failed so often within an hour is not started again until one of these is an hour old. */
    restartsPerHour: z.number().int().min(1).default(6),
    /** Hours of the day (UTC) in which the jobs run, for lakes that need not be fresh at night; one that ends before it begins goes over midnight. @default - always */
    window: z
      .object({ fromHour: z.number().int().min(0).max(23), toHour: z.number().int().min(0).max(23) })
      .strict()
      .refine(({ fromHour, toHour }) => fromHour !== toHour, 'a window ends at another hour than it begins; for all hours: always')
      .optional(),
    /** Runs are ended and started anew after so long. @default - they run on */
    restartEveryHours: z.number().int().min(1).optional(),
  })
  .strict()
  .prefault({});
