import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, describe, expect, test } from 'vitest';
import { homeAt, ROOT } from '../../localstack/paths.js';
import { until } from '../../localstack/process.js';
import { awsEnvironment, client, deployEnvironment, down } from '../../localstack/stack.js';
import { type Lake, useLake } from '../support/lake.js';
import { awsCommands, localCommands } from '../support/readme.js';

describe('every local command of the README, in its order', () => {
  mkdirSync(join(ROOT, '.sluice', 'tests'), { recursive: true });
  const home = homeAt(mkdtempSync(join(ROOT, '.sluice', 'tests', 'readme-')));
  afterAll(async () => {
    await down(home, () => undefined);
    rmSync(home.root, { recursive: true, force: true });
  }, 60_000);

  // `./sluice test` is what runs this.
  test.each(
    localCommands()
      .filter(({ command }) => command !== 'test')
      .map(({ line }) => line),
  )(
    '%s',
    (line) => {
      const result = spawnSync('sh', ['-c', line], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, SLUICE_HOME: home.root, SLUICE_FEEDS: '' } });
      expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
      if (line.endsWith(' demo')) expect(result.stdout).toMatch(/^stevenblack\tunified\tdomain\t20000$/m);
      if (line.includes('SELECT name')) expect(result.stdout.trim().split('\n')).toHaveLength(6);
    },
    400_000,
  );
});

describe('every AWS command of the README, in its order, through the front door', () => {
  let lake: Lake;
  useLake(
    (started) => {
      lake = started;
    },
    () => ({ generated: true }),
  );
  const environment = () => ({
    ...process.env,
    ...awsEnvironment(lake.state),
    ...deployEnvironment(lake.state),
    SLUICE_HOME: lake.home.root,
    // What the emulator lacks is left out; nobody is there to be asked.
    SLUICE_REHEARSAL: 'true',
    CDK_REQUIRE_APPROVAL: 'never',
    CDK_FORCE: 'true',
    CI: 'true',
  });

  test.each(awsCommands())(
    '%s',
    async (line) => {
      const secret = /^aws secretsmanager create-secret --name (\S+) --secret-string (\S+)$/.exec(line);
      if (secret) {
        // The AWS CLI is not ours to install: the same call by the SDK.
        await client(SecretsManagerClient, lake.state).send(new CreateSecretCommand({ Name: secret[1], SecretString: secret[2] }));
        return;
      }
      const run = () => spawnSync('sh', ['-c', line], { cwd: ROOT, encoding: 'utf8', env: environment() });
      if (line.includes(' query ')) {
        const answered = await until(async () => [run()].find(({ status, stdout }) => status === 0 && stdout.includes('stevenblack\tunified\tdomain\t20000')), {
          timeoutMs: 240_000,
          everyMs: 2_000,
          describe: () => `${line} did not come to count the list: ${run().stderr}`,
        });
        expect(answered.stdout).toMatch(/^source\tcategory\tentry_type\tactive$/m);
        return;
      }
      const result = run();
      expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
    },
    400_000,
  );
});
