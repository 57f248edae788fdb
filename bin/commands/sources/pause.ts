import { say } from '../../output.js';
import { newCommand } from '../command.js';
import { stageOption } from '../options.js';
import { setPaused } from './pause/set-paused.js';

export const pauseCommand = () =>
  newCommand('pause', "let a source's schedule leave it alone; nothing pages meanwhile", ['./sluice pause stevenblack'])
    .argument('<source>', 'a source of the contracts')
    .addOption(stageOption())
    .action(async (source: string, { stage }: { stage: string }) => {
      await setPaused(source, true, stage);
      say(`${source} is paused: its schedule leaves it alone, its last good version stays; ./sluice resume ${source}`);
    });
