import { say } from '../../output.js';
import { newCommand } from '../command.js';
import { stageOption } from '../options.js';
import { setPaused } from './pause/set-paused.js';

export const resumeCommand = () =>
  newCommand('resume', 'let a paused source be checked again', ['./sluice resume stevenblack'])
    .argument('<source>', 'a source of the contracts')
    .addOption(stageOption())
    .action(async (source: string, { stage }: { stage: string }) => {
      await setPaused(source, false, stage);
      say(`${source} is checked again when it is due; now: ./sluice ingest ${source}`);
    });
