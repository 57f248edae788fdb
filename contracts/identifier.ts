import { z } from 'zod';

/** How datasets, sources, fields and tables are named: a name that SQL takes unquoted. */
export const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'use snake_case: a-z, 0-9 and _');
