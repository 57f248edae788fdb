import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import type { HttpSource } from '../../../../contracts/index.js';
import { findSource } from '../../../../datasets/index.js';
import { readerOf } from '../../../../datasets/readers.js';
import { httpFetch } from '../../../../lambdas/ingest/http/fetch.js';
import { targetOf } from '../../../../lambdas/ingest/http/request.js';
import { type Probe, probe } from '../../../../lambdas/ingest/probe.js';
import { feedFolders } from '../../../../localstack/feeds/folders.js';
import { feedServer } from '../../../../localstack/feeds/server.js';
import { defaultHome, type Home } from '../../../../localstack/paths.js';
import { findRunning } from '../../../../localstack/process.js';
import { readInstance } from '../../../../localstack/stack/instance.js';
import { sideBySide } from '../../../lake/side-by-side.js';
import { localTarget, type Target, target } from '../../../lake/target.js';
import { EXIT } from '../../../output.js';
import { Asked } from './asked.js';
import { keptBy } from './kept.js';
import { knownTo, secretsOf } from './known.js';

export type Feeds = 'recorded' | 'live';

export interface ProbeOptions {
  readonly feeds: Feeds;
  readonly stage: string;
}

/** The lake whose knowledge a probe may use; null where none runs here, or one with other feeds: a probe needs no lake. */
function lakeOf({ feeds, stage }: ProbeOptions, home: Home): Target | null {
  if (stage !== 'local') return target(stage);
  const instance = readInstance(home);
  return instance !== null && instance.feeds === feeds && findRunning(home, 'front-door') ? localTarget({ home, instance }) : null;
}

/** The server of recorded feeds: the one that is given, or runs here, else one for this probe alone. */
async function recordedFeeds(home: Home, lake: Target | null): Promise<{ readonly url: string; readonly close: () => void }> {
  const running = process.env.SLUICE_FEEDS_URL || (lake?.local && `http://127.0.0.1:${lake.local.instance.ports.feeds}`);
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
