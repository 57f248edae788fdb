import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** In the order of the alarms. */
const SUBJECTS = ['heartbeats', 'health', 'jobs', 'flow', 'dead-letters', 'freshness', 'canaries', 'quarantine', 'ledger', 'retention', 'runs', 'sources', 'composite'] as const;

const read = (file: string): string => readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8');

/** `docs/runbook.md`: what stands beside each subject's alarms, together. */
export const renderRunbook = (): string => [read('runbook.md'), ...SUBJECTS.map((subject) => read(`subjects/${subject}.md`))].join('\n');
