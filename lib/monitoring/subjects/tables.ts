import { MONITOR } from '../../../contracts/metrics.js';
import { MAINTENANCE_TABLE } from '../../../datasets/operations/contract.js';
import type { Draw } from '../draw.js';
import { THIRD } from '../widths.js';

/** The tables' files, and how they are kept. */
export const tables = {
  sizes: (draw: Draw) => draw.newest('Tables: files, bytes, minutes since the last commit', 'monitor', [MONITOR.tableFiles, MONITOR.tableBytes, MONITOR.commitAgeMinutes], THIRD),
  whereElse: (draw: Draw) =>
    draw.text(
      'Batches by phase are in the log of each job (`sluice logs JOB`), rows of each batch in `ops.ledger`, steps of maintenance and how long they took in ' +
        `\`${MAINTENANCE_TABLE}\`: \`sluice query "SELECT * FROM ${MAINTENANCE_TABLE} ORDER BY finished_at DESC LIMIT 20"\`.`,
      THIRD,
    ),
};
