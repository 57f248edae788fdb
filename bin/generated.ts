import { renderDictionary } from '../contracts/dictionary.js';
import { lockOf } from '../contracts/lock.js';
import { datasets } from '../datasets/index.js';
import { renderEnvExample } from '../lib/environment.js';
import { renderRunbook } from '../lib/monitoring/runbook.js';

/** Files of the repository that are made from the contracts, the configuration and the alarms; a test compares them. */
export function generatedFiles(): Record<string, string> {
  return {
    'contracts.lock.json': `${JSON.stringify(lockOf(datasets), null, 2)}\n`,
    'docs/data-dictionary.md': renderDictionary(datasets),
    'docs/runbook.md': renderRunbook(),
    '.env.example': renderEnvExample(),
  };
}
