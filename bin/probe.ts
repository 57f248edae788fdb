import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { HttpSource } from '../contracts/index.js';
import type { ReadingContext } from '../contracts/reading.js';
import { findSource } from '../datasets/index.js';
import { readerOf } from '../datasets/readers.js';
import { httpFetch } from '../lambdas/ingest/http/fetch.js';
import { targetOf } from '../lambdas/ingest/http/request.js';
import { S3LandingStore } from '../lambdas/ingest/landing/s3-store.js';
import { type Known, type Probe, probe } from '../lambdas/ingest/probe.js';
import { readSnapshot } from '../lambdas/ingest/snapshot/file.js';
import { DynamoSourceState } from '../lambdas/ingest/state/dynamo-state.js';
import type { Checkpoint } from '../lambdas/ingest/state/state.js';
import { physicalName } from '../lib/config.js';
import { sourceSecrets } from '../lib/ingestion/sources.js';
import { feedServer } from '../localstack/feeds/server.js';
import { defaultHome, type Home } from '../localstack/paths.js';
import { findRunning } from '../localstack/process.js';
import { client, feedFolders, readState } from '../localstack/stack.js';
import { EXIT, say } from './output.js';
import { sideBySide } from './sources.js';
import { localTarget, type Target, target } from './target.js';

export type Feeds = 'recorded' | 'live';

export interface ProbeOptions {
  readonly feeds: Feeds;
  readonly stage: string;
}

const NOTHING_KNOWN: Known = { etag: null, lastModified: null, notBefore: null };

/** When sources that ask for an interval were last probed from here: a probe keeps nothing else. */
class Asked {
  private readonly file: string;
  private readonly times: Record<string, number>;

  constructor(home: Home) {
    this.file = join(home.root, 'probes.json');
    this.times = this.read();
  }

  private read(): Record<string, number> {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as Record<string, number>;
    } catch {
      return {};
    }
  }

  notBefore({ name, minIntervalMinutes = 0 }: HttpSource): number | null {
    const last = this.times[name];
    return last === undefined ? null : last + minIntervalMinutes * 60_000;
  }

  note(name: string, at: number): void {
    this.times[name] = at;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, JSON.stringify(this.times));
  }
}

/** The lake whose knowledge a probe may use; null where none runs here, or one with other feeds: a probe needs no lake. */
function lakeOf({ feeds, stage }: ProbeOptions, home: Home): Target | null {
  if (stage !== 'local') return target(stage);
  const state = readState(home);
  return state !== null && state.feeds === feeds && findRunning(home, 'door') ? localTarget({ home, state }) : null;
}

/** What a lake knows of a source; nothing where it does not answer, which does not keep anybody from asking the source. */
export async function knownTo(lake: Pick<Target, 'dynamo' | 'identity'> | null, name: string): Promise<Known> {
  if (lake === null) return NOTHING_KNOWN;
  try {
    return await knownToLake(name, lake);
  } catch (error) {
    say(`${name}: what the lake holds is not known: ${(error as Error).message}`);
    return NOTHING_KNOWN;
  }
}

async function knownToLake(name: string, { dynamo, identity }: Pick<Target, 'dynamo' | 'identity'>): Promise<Known> {
  const { Item } = await DynamoDBDocumentClient.from(dynamo).send(new GetCommand({ TableName: physicalName(identity, 'state'), Key: { pk: `source#${name}` } }));
  const current = Item?.currentSnapshot as Checkpoint | undefined;
  return { etag: current?.etag ?? null, lastModified: current?.lastModified ?? null, notBefore: (Item?.notBefore as number | undefined) ?? null };
}

/** Rows of a lake's last snapshots; none where it does not answer, which does not keep anybody from asking the source. */
export function keptBy(lake: Pick<Target, 'dynamo' | 's3' | 'lambda' | 'identity'> | null): ReadingContext['kept'] {
  let stores: Promise<{ readonly state: DynamoSourceState; readonly landing: S3LandingStore }> | undefined;
  const storesOf = async ({ dynamo, s3, lambda, identity }: NonNullable<typeof lake>) => {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: physicalName(identity, 'ingest') }));
    const { LANDING_BUCKET, STATE_TABLE } = Environment?.Variables ?? {};
    if (!LANDING_BUCKET || !STATE_TABLE) throw new Error('its ingest function names no bucket and table');
    return { state: new DynamoSourceState(dynamo, STATE_TABLE), landing: new S3LandingStore(s3, LANDING_BUCKET) };
  };
  return async (name) => {
    if (lake === null) return null;
    try {
      stores ??= storesOf(lake);
      const { state, landing } = await stores;
      const current = await state.current(name);
      return current === null ? null : readSnapshot(landing, current.key, readerOf(findSource(name).dataset.name).former);
    } catch (error) {
      say(`${name}: its last snapshot in the lake cannot be read, and is no evidence: ${(error as Error).message}`);
      return null;
    }
  };
}

/** Keys as `SLUICE_SOURCE_KEYS` gives them (`abuse-ch=KEY,phishtank=KEY`), else those of the stage. */
export function secretsOf(lake: Target | null, env: NodeJS.ProcessEnv): (name: string) => Promise<string | undefined> {
  const given = new Map((env.SLUICE_SOURCE_KEYS ?? '').split(',').map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]));
  return async (name) => {
    const own = given.get(name);
    if (own || lake === null) return own;
    const secrets = lake.local === null ? new SecretsManagerClient({}) : client(SecretsManagerClient, lake.local.state);
    try {
      return (await secrets.send(new GetSecretValueCommand({ SecretId: `${sourceSecrets(lake.identity)}/${name}` }))).SecretString;
    } catch (cause) {
      if (cause instanceof ResourceNotFoundException) return undefined;
      throw cause;
    }
  };
}

/** The server of recorded feeds: the one that is given, or runs here, else one for this probe alone. */
async function recordedFeeds(home: Home, lake: Target | null): Promise<{ readonly url: string; readonly close: () => void }> {
  const running = process.env.SLUICE_FEEDS_URL || (lake?.local && `http://127.0.0.1:${lake.local.state.ports.feeds}`);
  if (running) return { url: running, close: () => undefined };
  const server = feedServer(feedFolders(home, process.env));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Asks each source once, a few side by side. Needs no lake; where one with the same feeds runs, its validators make the requests conditional. */
export async function probeSources(sources: readonly HttpSource[], options: ProbeOptions, home: Home = defaultHome()): Promise<Probe[]> {
  const lake = lakeOf(options, home);
  const asked = new Asked(home);
  const feeds = options.feeds === 'recorded' ? await recordedFeeds(home, lake) : null;
  const secret = secretsOf(lake, process.env);
  const fetch = httpFetch({ allowPrivate: feeds !== null, tries: 1 });
  try {
    return await sideBySide(sources, (source) =>
      probe(source, {
        fetch,
        target: () => targetOf(source, { ...(feeds === null ? {} : { feedsUrl: feeds.url }), secret }),
        reader: ({ name }) => readerOf(findSource(name).dataset.name),
        known: async () => {
          const known = await knownTo(lake, source.name);
          const own = feeds === null ? asked.notBefore(source) : null;
          return { ...known, notBefore: Math.max(known.notBefore ?? 0, own ?? 0) || null };
        },
        kept: keptBy(lake),
        asked: ({ name }, at) => asked.note(name, at),
        now: Date.now,
        temporaryFolder: tmpdir(),
      }),
    );
  } finally {
    feeds?.close();
  }
}

/** 0 where all answer as declared, 1 where none of those asked could be had, 3 where some could not or differ. */
export function exitOf(probes: readonly Probe[]): number {
  const asked = probes.filter(({ outcome }) => outcome !== 'skipped');
  const failed = asked.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0 && failed.length === asked.length) return EXIT.failed;
  return failed.length > 0 || asked.some(({ outcome }) => outcome === 'differs') ? EXIT.degraded : EXIT.ok;
}
