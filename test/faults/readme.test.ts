import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, describe, expect, test } from 'vitest';
import { homeAt, ROOT } from '../../localstack/paths.js';
import { until } from '../../localstack/process.js';
import { deployEnvironment } from '../../localstack/stack/deploy.js';
import { down } from '../../localstack/stack/down.js';
import { awsEnvironment, client } from '../../localstack/stack/instance.js';
import { jobRuns, runIsAlive } from '../../localstack/stack/job-runs.js';
import { type Lake, useLake } from '../support/lake.js';
import { awsCommands, cleanClone, localCommands } from '../support/readme.js';

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

describe('every AWS command of the README, in its order, through the front door, from a clean clone', () => {
  let lake: Lake;
  const clone = mkdtempSync(join(tmpdir(), 'sluice-clone-'));
  cleanClone(clone);
  afterAll(() => rmSync(clone, { recursive: true, force: true }));
  /** Counts the list that the first commands brought; asked again, it says that the data are there. */
  const COUNT = 'query active_by_source --stage dev';
  const counts = (run: () => { status: number | null; stdout: string; stderr: string }) =>
    until(async () => [run()].find(({ status, stdout }) => status === 0 && stdout.includes('stevenblack\tunified\tdomain\t20000')), {
      timeoutMs: 240_000,
      everyMs: 2_000,
      describe: () => `${COUNT} did not come to count the list: ${run().stderr}`,
    });
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
    // What the emulator lacks is left out.
    SLUICE_REHEARSAL: 'true',
    CI: 'true',
  });
  const inClone = (line: string) => spawnSync('sh', ['-c', line], { cwd: clone, encoding: 'utf8', env: environment() });
  const runsOfDev = () => jobRuns(lake.home).filter((run) => run.job.startsWith('sluice-dev-') && runIsAlive(run));

  let destroyed = false;
  let dataMayGo = false;
  test('a clone has nothing that is installed or made', () => expect(['node_modules', '.sluice', 'cdk.out', '.env'].filter((name) => existsSync(join(clone, name)))).toEqual([]));

  test.each(awsCommands())(
    '%s',
    async (line) => {
      const secret = /^aws secretsmanager create-secret --name (\S+) --secret-string (\S+)$/.exec(line);
      if (secret) {
        // The AWS CLI is not ours to install: the same call by the SDK.
        await client(SecretsManagerClient, lake.state).send(new CreateSecretCommand({ Name: secret[1], SecretString: secret[2] }));
        return;
      }
      if (line.endsWith(COUNT)) {
        expect((await counts(() => inClone(line))).stdout).toMatch(/^source\tcategory\tentry_type\tactive$/m);
        return;
      }
      // Nobody is there to be asked.
      const asks = /\.\/sluice (deploy|destroy)/.test(line) && !line.endsWith('--dry-run');
      const takesOver = line.endsWith('deploy --stage dev') && destroyed;
      const result = inClone(asks ? `${line} --yes` : line);
      expect(result.status, `${result.stdout}\n${result.stderr}`).toBe(0);
      if (line.endsWith('destroy --stage dev --dry-run')) expect(result.stdout).toMatch(/^AWS::S3::Bucket\tsluice-dev-lake-000000000000-us-east-1\tsluice-dev-storage\tLake/m);
      if (line.endsWith('destroy --stage dev')) {
        destroyed = true;
        expect(result.stdout.trim().split('\n').slice(1).length > 0, 'what stays is listed, unless its data may go').toBe(!dataMayGo);
        expect(runsOfDev(), 'a stage that is gone runs nothing that is billed').toEqual([]);
      }
      if (line.includes('SLUICE_DELETE_DATA_OF=dev')) dataMayGo = true;
      if (takesOver) {
        expect(result.stderr).toMatch(/takes over AWS::KMS::Key .*, which the last removal left behind/);
        destroyed = false;
        await counts(() => inClone(`./sluice ${COUNT}`));
        expect(runsOfDev()).not.toEqual([]);
      }
    },
    400_000,
  );
});
