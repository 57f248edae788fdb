import type { CommandGroup } from '../command.js';
import { backfillCommand } from './backfill.js';
import { ingestCommand } from './ingest.js';
import { pauseCommand } from './pause.js';
import { releaseCommand } from './release.js';
import { reparseCommand } from './reparse.js';
import { resumeCommand } from './resume.js';
import { sourcesCommand } from './sources.js';

export const sources: CommandGroup = {
  title: 'Sources, and what they publish:',
  commands: [sourcesCommand, ingestCommand, releaseCommand, reparseCommand, pauseCommand, resumeCommand, backfillCommand],
};
