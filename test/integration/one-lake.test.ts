import { afterAll, beforeAll } from 'vitest';
import { Lake } from '../support/lake.js';
import { accidents } from './one-lake/accidents.js';
import { lists } from './one-lake/lists.js';
import { watching } from './one-lake/watching.js';

/**
 * One lake, all its layers in one driver, for all tests that do not need one of their own: a lake takes a minute to start, and
 * as long again until it is warm. The first to come find it empty; what the others expect, they derive from what they find.
 */
let lake: Lake;
beforeAll(async () => {
  // Names that resolvers are asked for are reserved ones.
  lake = await Lake.start({ generated: true, deployEnv: { SLUICE_NOTIFY_ALWAYS: 'true' } });
}, 400_000);
afterAll(async () => {
  await lake?.stop();
}, 120_000);

watching(() => lake);
lists(() => lake);
accidents(() => lake);
