import { defaultHome } from '../../../localstack/paths.js';
import { up } from '../../../localstack/stack/up.js';
import { EXIT, say } from '../../output.js';
import { newCommand } from '../command.js';
import { type StartOptions, startOptions, upOptions } from '../options.js';

export function upCommand() {
  const command = newCommand('up', 'start Kafka, the AWS APIs, Trino and the feeds here, deploy the CDK app, start the Spark jobs (about 60 s)', [
    './sluice up',
    './sluice up --feeds live',
    './sluice up --emulator http://127.0.0.1:4566',
  ]);
  for (const option of startOptions()) command.addOption(option);
  return command.action(async (options: StartOptions) => {
    const asked = upOptions(options);
    say('starting Kafka, the AWS APIs, recorded feeds and Trino, then deploying; about 60 s');
    await up(defaultHome(), asked, say);
    say('up. Next: ./sluice ingest --all, then ./sluice query active_by_source; ./sluice status says what runs');
    process.exit(EXIT.ok);
  });
}
