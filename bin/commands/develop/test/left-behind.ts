import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** What programs keep there for their next call, and would keep again. */
const CACHES = /^(tsx-\d+|node-compile-cache|hsperfdata_.*|jiti)$/;

const entries = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Looks for what a run has left behind: in the folder of temporary files that is its own, and beside its own work. */
export class LeftBehind {
  private readonly before: ReadonlySet<string>;

  /** @param tests where lakes of tests have their homes */
  constructor(private readonly tests: string) {
    this.before = new Set(entries(tests));
  }

  /** Paths of what is there and was not. @param temporaryFolder of the run, empty when it began */
  find(temporaryFolder: string, work: string): string[] {
    const temporary = entries(temporaryFolder).filter((name) => !CACHES.test(name));
    const homes = entries(this.tests).filter((name) => !this.before.has(name) && join(this.tests, name) !== work);
    return [...temporary.map((name) => join(temporaryFolder, name)), ...homes.map((name) => join(this.tests, name))];
  }

  /** Removes the folder of the homes, where it is empty. */
  removeEmpty(): void {
    if (existsSync(this.tests) && entries(this.tests).length === 0) rmdirSync(this.tests);
  }
}
