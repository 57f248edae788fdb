import type { Step } from '../shared/outgoing.js';

/** The parts of a run, and how long each took. */
export class Steps {
  readonly taken: Step[] = [];

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.taken.push({ name, ms: Math.round(performance.now() - began) });
    }
  }
}
