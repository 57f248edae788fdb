import { defaultHome } from '../../../localstack/paths.js';
import { down } from '../../../localstack/stack/down.js';
import { say } from '../../output.js';
import { newCommand } from '../command.js';

export const downCommand = () =>
  newCommand('down', 'stop everything here; the data stays', ['./sluice down']).action(async () => {
    const home = defaultHome();
    await down(home, say);
    say(`nothing of Sluice runs here now; the data is kept in ${home.data}`);
  });
