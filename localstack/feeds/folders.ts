import { join } from 'node:path';
import { type HttpSource, keepsPast } from '../../contracts/index.js';
import { httpSources } from '../../datasets/index.js';
import type { Home } from '../paths.js';
import { generateFeeds } from './generate.js';
import { findRecording, hasPast } from './server.js';

/** Folders that the feed server looks into: `SLUICE_FEEDS`, else the generated ones. */
export function feedFolders(home: Home, env: NodeJS.ProcessEnv): string[] {
  const generated = join(home.data, 'feeds');
  // A clone that has gained sources needs their recordings too.
  const isRecorded = (source: HttpSource) => findRecording(generated, source.name) !== null && (!keepsPast(source) || hasPast(generated, source.name));
  if (!httpSources().every(({ source }) => isRecorded(source))) generateFeeds(generated);
  return [...(env.SLUICE_FEEDS ? [env.SLUICE_FEEDS] : []), generated];
}
