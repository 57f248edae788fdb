import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { generateFeeds } from '../../localstack/feeds/generate.js';
import { type Fault, feedServer, findRecording } from '../../localstack/feeds/server.js';

/** Generated feeds on a server of the test file's own. */
export class ServedFeeds {
  readonly root = mkdtempSync(join(tmpdir(), 'probe-test-'));
  readonly temporaryFolder = join(this.root, 'tmp');
  private readonly recordings = join(this.root, 'feeds');
  /** Paths that the server was asked for. */
  readonly asked: string[] = [];
  private readonly broken = new Set<string>();
  private readonly server: Server = feedServer([this.recordings]);

  async start(): Promise<void> {
    mkdirSync(this.temporaryFolder);
    generateFeeds(this.recordings);
    this.server.on('request', ({ url: path }) => this.asked.push(path ?? ''));
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready));
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
    rmSync(this.root, { recursive: true });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  recordingOf(name: string): Buffer {
    return readFileSync(findRecording(this.recordings, name) ?? '');
  }

  /** Lets a feed answer something else, until the test ends. */
  async breakFeed(name: string, fault: Fault): Promise<void> {
    this.broken.add(name);
    await fetch(`${this.url}/_fault/${name}`, { method: 'PUT', body: JSON.stringify(fault) });
  }

  async mendAll(): Promise<void> {
    for (const name of this.broken) await fetch(`${this.url}/_fault/${name}`, { method: 'DELETE' });
    this.broken.clear();
  }
}

/** Feeds that are served while a file's tests run, and mended after each. */
export function useServedFeeds(): ServedFeeds {
  const feeds = new ServedFeeds();
  beforeAll(() => feeds.start());
  afterEach(() => feeds.mendAll());
  afterAll(() => feeds.stop());
  return feeds;
}
