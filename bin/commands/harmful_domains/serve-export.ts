import { target } from '../../lake/target.js';
import { CliError, EXIT, say } from '../../output.js';
import { newCommand } from '../command.js';
import { stageOption } from '../options.js';
import { exportBucket } from './export/bucket.js';
import { exportServer } from './export/server.js';

export const serveExportCommand = () =>
  newCommand('serve-export', 'serve the exported lists over HTTP on this machine, as CloudFront does on AWS, until interrupted', ['./sluice serve-export --port 8053'])
    .option('--port <number>', 'port on 127.0.0.1', '8053')
    .addOption(stageOption())
    .action(async ({ port, stage }: { port: string; stage: string }) => {
      const number = Number(port);
      if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new CliError(`--port ${port}: not a port`, EXIT.misuse);
      const lake = target(stage);
      const bucket = await exportBucket(lake);
      const server = exportServer(lake, bucket);
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) =>
          reject(error.code === 'EADDRINUSE' ? new CliError(`port ${port} is taken: --port another one`, EXIT.misuse) : error),
        );
        server.listen(number, '127.0.0.1', resolve);
      });
      const address = server.address();
      say(`lists on http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}/ until you press Ctrl-C`);
    });
