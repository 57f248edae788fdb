import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Home, homeAt } from '../../localstack/paths.js';
import { findRunning, startProcess } from '../../localstack/process.js';
import { down } from '../../localstack/stack/down.js';
import { readInstance, writeInstance } from '../../localstack/stack/instance.js';
import { isUp } from '../../localstack/stack/services.js';

let home: Home;
beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), 'sluice-former-')));
});
afterEach(() => rmSync(home.root, { recursive: true, force: true }));

/** A server as an earlier version left it running. */
function leftRunning(name: string) {
  mkdirSync(home.run, { recursive: true });
  return startProcess(home, { name, command: process.execPath, args: ['-e', 'setInterval(() => undefined, 1000)'] });
}

test('ports that an earlier version chose are kept under the names of today', () => {
  mkdirSync(home.run, { recursive: true });
  const ports = { emulator: 2, kafka: 3, controller: 4, trino: 5, feeds: 6 };
  writeFileSync(join(home.run, 'stack.json'), JSON.stringify({ ports: { door: 1, ...ports }, emulatorUrl: 'http://127.0.0.1:2', ownEmulator: true, feeds: 'recorded' }));

  const instance = readInstance(home);

  expect(instance).toEqual({ ports: { frontDoor: 1, ...ports }, emulatorUrl: 'http://127.0.0.1:2', ownEmulator: true, feeds: 'recorded' });
  if (instance) writeInstance(home, instance);
  expect(readInstance(home)).toEqual(instance);
});

test('servers that an earlier version started are found, and stopped, under the names of today', async () => {
  const { child: door } = leftRunning('door');
  const { child: emulator } = leftRunning('aws');
  const ended = Promise.all([once(door, 'exit'), once(emulator, 'exit')]);

  expect(isUp(home)).toBe(true);
  expect([findRunning(home, 'front-door')?.pid, findRunning(home, 'emulator')?.pid]).toEqual([door.pid, emulator.pid]);
  const told: string[] = [];
  await down(home, (message) => told.push(message));

  await ended;
  expect(told).toEqual(['stopped front-door, emulator']);
  expect(isUp(home)).toBe(false);
});

test('a name of today is not overwritten by what an earlier version left behind', () => {
  const { child } = leftRunning('front-door');
  writeFileSync(join(home.run, 'door.pid'), '{}');

  expect(isUp(home)).toBe(true);

  expect(findRunning(home, 'front-door')?.pid).toBe(child.pid);
  child.kill('SIGKILL');
});
