import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keepsPast } from '../../contracts/index.js';
import { httpSources } from '../../datasets/index.js';
import { recordingOf } from '../../datasets/recordings.js';
import { seeded } from '../../datasets/shared/made-up.js';
import { pastFile } from './server.js';

/** Recordings of every source that is fetched, and of its past where it keeps one, made once into `folder`. */
export function generateFeeds(folder: string): void {
  mkdirSync(folder, { recursive: true });
  httpSources().forEach(({ dataset, source }, i) => {
    const [recording, random] = [recordingOf(dataset.name), seeded(100 + i)];
    writeFileSync(join(folder, `${source.name}.txt`), recording.body(source, random));
    if (!keepsPast(source)) return;
    for (const { at, body } of recording.past?.(source, random) ?? []) {
      const file = pastFile(folder, source.name, at);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, body);
    }
  });
}
