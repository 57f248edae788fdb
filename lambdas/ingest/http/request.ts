import type { HttpSource } from '../../../contracts/index.js';

/** Where and how a source is fetched. */
export interface FetchTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What must not be seen in logs and reasons. */
  readonly secrets: readonly string[];
  /** No two fetches closer than this, in milliseconds; 0 for none. */
  readonly minIntervalMs: number;
}

/** A key that the source asks for and nobody has given. */
export class MissingKey extends Error {
  override readonly name = 'MissingKey';
}

export interface TargetOptions {
  /** A server of recorded feeds, `URL/SOURCE`. @default - the source's own address */
  readonly feedsUrl?: string;
  /** Gives a secret by its name in the contract; undefined where there is none. */
  readonly secret: (name: string) => Promise<string | undefined>;
}

/** @throws MissingKey with the command that gives the key */
export async function targetOf(source: HttpSource, { feedsUrl, secret }: TargetOptions): Promise<FetchTarget> {
  if (feedsUrl !== undefined) return { url: `${feedsUrl}/${source.name}`, headers: {}, secrets: [], minIntervalMs: 0 };
  const minIntervalMs = (source.minIntervalMinutes ?? 0) * 60_000;
  if (source.key === undefined) return { url: source.url, headers: {}, secrets: [], minIntervalMs };
  const key = (await secret(source.key.secret))?.trim();
  if (key === undefined || key === '')
    throw new MissingKey(`${source.name} asks for a key (${source.homepage}): put it into Secrets Manager as the secret ${source.key.secret} (README, "Keys")`);
  const { header } = source.key;
  if (header !== undefined) return { url: source.url, headers: { [header]: key }, secrets: [key], minIntervalMs };
  return { url: source.url.replace('{key}', encodeURIComponent(key)), headers: {}, secrets: [key, encodeURIComponent(key)], minIntervalMs };
}
