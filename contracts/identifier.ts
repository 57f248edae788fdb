import { z } from 'zod';
import reserved from './reserved-words.json' with { type: 'json' };

/** Which engine reserves a word; undefined where none does. */
const reservedBy = (name: string): string | undefined => Object.entries(reserved).find(([, { words }]) => words.includes(name))?.[0];

/** How datasets, sources, fields and tables are named: a name that SQL takes unquoted. */
export const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'use snake_case: a-z, 0-9 and _')
  .refine((name) => reservedBy(name) === undefined, {
    error: ({ input }) => `"${input}" is a reserved word of SQL (${reservedBy(String(input))}), which every query would have to quote: choose another`,
  });
