import { z } from 'zod';
import { identifier } from '../identifier.js';
import { boundsSchema, httpFields, validateHttp } from './http.js';

/** The file of a repository that a URL gives as it is on a branch; null where it is none. */
export function githubFile(url: string): { readonly repository: string; readonly branch: string; readonly path: string } | null {
  const [, repository, branch, path] = /^https:\/\/raw\.githubusercontent\.com\/([\w.-]+\/[\w.-]+)\/([\w.-]+)\/([^?#]+)$/.exec(url) ?? [];
  return repository && branch && path ? { repository, branch, path } : null;
}

/** A list of names that is fetched whole and published by difference. */
export const listSchema = z
  .object({
    kind: z.literal('list'),
    ...httpFields,
    /** One of those that the dataset's reader has. */
    format: identifier,
    category: identifier,
    /** 0 to 1: how far a listing by this source alone is believed. */
    reliability: z.number().min(0).max(1),
    /**
     * Whose findings these are: sources of one origin count once where two independent ones are asked for.
     * @default - the source's name
     */
    origin: identifier.optional(),
    /** `block`: what it lists is harmful. `popular`: what it lists is widely used, and needs two origins to count as harmful. */
    role: z.enum(['block', 'popular']).default('block'),
    /** Rows taken from the top of a ranked list. @default - all */
    top: z.number().int().positive().optional(),
    bounds: boundsSchema,
    /** Where its publisher keeps the versions of the past, for `sluice backfill`: `github`, the repository that the URL is of. @default - nowhere */
    past: z.enum(['github']).optional(),
  })
  .strict()
  .superRefine((source, context) => {
    const wrong = (message: string, path: string) => context.addIssue({ code: 'custom', message, path: [path] });
    if (source.past === 'github' && githubFile(source.url) === null)
      wrong('its past is in a GitHub repository, so its URL is https://raw.githubusercontent.com/OWNER/REPOSITORY/BRANCH/PATH', 'past');
    validateHttp(source, wrong);
  });
