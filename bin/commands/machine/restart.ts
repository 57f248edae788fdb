import { defaultHome } from '../../../localstack/paths.js';
import { down } from '../../../localstack/stack/down.js';
import { readInstance } from '../../../localstack/stack/instance.js';
import { up } from '../../../localstack/stack/up.js';
import { EXIT, say } from '../../output.js';
import { newCommand } from '../command.js';

export const restartCommand = () =>
  newCommand('restart', 'down, then up with the same feeds', ['./sluice restart']).action(async () => {
    const home = defaultHome();
    const last = readInstance(home);
    await down(home, say);
    await up(home, { feeds: last?.feeds ?? 'recorded', ...(last && !last.ownEmulator ? { emulatorUrl: last.emulatorUrl } : {}) }, say);
    process.exit(EXIT.ok);
  });
