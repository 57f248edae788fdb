import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HttpSource } from '../../../../contracts/index.js';
import type { Home } from '../../../../localstack/paths.js';

/** When sources that ask for an interval were last probed from here: a probe keeps nothing else. */
export class Asked {
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
