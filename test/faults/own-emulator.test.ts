import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { homeAt, ROOT } from '../../localstack/paths.js';
import { anyPort } from '../../localstack/ports.js';
import { findRunning, startProcess, stopProcess } from '../../localstack/process.js';
import { awaitEmulator, emulatorSpec } from '../../localstack/services/emulator.js';
import { type Lake, useLake } from '../support/lake.js';

describe('up --emulator URL, before an emulator that somebody else started', () => {
  const theirs = homeAt(mkdtempSync(join(ROOT, '.sluice', 'theirs-')));
  let lake: Lake;
  let url: string;
  beforeAll(async () => {
    const port = await anyPort();
    url = `http://127.0.0.1:${port}`;
    // Its functions are told of their own emulator, not of our front door.
    startProcess(theirs, emulatorSpec(theirs, port, port));
    await awaitEmulator(port, () => 'their emulator was not ready');
  });
  afterAll(async () => {
    await stopProcess(theirs, 'emulator');
    rmSync(theirs.root, { recursive: true, force: true });
  });
  // After the emulator's own hooks, so that it is stopped before the emulator is.
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ emulatorUrl: url }),
  );

  test('starts no emulator of its own, and real Spark all the same', async () => {
    expect(findRunning(lake.home, 'emulator')).toBeNull();
    expect(lake.state.emulatorUrl).toBe(url);
    expect(lake.run('combined')?.state).toBe('RUNNING');
    await lake.ingest({ source: 'stevenblack' });
    await lake.becomes('SELECT count(*) FROM gold.source_status', 1, 240_000);
  }, 300_000);

  test('leaves that emulator running when it goes down', async () => {
    expect((await lake.cli('down')).code).toBe(0);
    expect(findRunning(theirs, 'emulator')).not.toBeNull();
  }, 60_000);
});
