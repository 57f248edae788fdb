import { z } from 'zod';
import { identifier } from '../identifier.js';

/** Somebody else produces to the dataset's topic: `producer` says who. */
export const kafkaSchema = z.object({ kind: z.literal('kafka'), name: identifier, producer: z.string().min(1) }).strict();
