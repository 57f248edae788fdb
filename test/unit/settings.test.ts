import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSettings, parseEnvFile } from '../../bin/settings.js';
import { unknownNames } from '../../lib/environment.js';
import { ROOT } from '../../localstack/paths.js';

const file = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'sluice-settings-')), '.env');
  writeFileSync(path, text);
  return path;
};
const load = (text: string, env: Record<string, string> = {}) => {
  const loaded: NodeJS.ProcessEnv = { ...env, SLUICE_ENV_FILE: file(text) };
  const told: string[] = [];
  loadSettings(loaded, (message) => told.push(message));
  return { loaded, told };
};
const run = (args: readonly string[], env: Record<string, string>) =>
  spawnSync(process.execPath, ['--import', `file://${ROOT}/node_modules/tsx/dist/loader.mjs`, ...args], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } });

describe('the settings of .env', () => {
  test('are read as Node reads them: comments, quotes, export', () =>
    expect(parseEnvFile('# a comment\n\nSLUICE_PROFILE=tiny # small\nexport SLUICE_SOURCES_ON="a, b"\nSLUICE_VPC_ID=\n', '.env')).toEqual({
      SLUICE_PROFILE: 'tiny',
      SLUICE_SOURCES_ON: 'a, b',
      SLUICE_VPC_ID: '',
    }));

  test.each([
    ['a colon', 'SLUICE_VPC_ID: vpc-1\nSLUICE_PROFILE=tiny\n', '".*SLUICE_VPC_ID: vpc-1" sets nothing'],
    ['a last line without a value', 'SLUICE_PROFILE=tiny\nSLUICE_VPC_ID', '"SLUICE_VPC_ID" sets nothing'],
    ['a quote that does not end', 'SLUICE_RUNBOOK_URL="https://example.com\n', 'SLUICE_RUNBOOK_URL begins with " and does not end'],
  ])('refuse %s, which Node passes over', (_what, text, message) => expect(() => parseEnvFile(text, '.env')).toThrow(new RegExp(message)));

  test('give way to the environment, an empty variable included', () => {
    const { loaded } = load('SLUICE_PROFILE=prod\nSLUICE_LAYOUT=separate\nSLUICE_REGION=eu-west-1\n', { SLUICE_PROFILE: 'tiny', SLUICE_LAYOUT: '' });
    expect(loaded).toMatchObject({ SLUICE_PROFILE: 'tiny', SLUICE_LAYOUT: '', SLUICE_REGION: 'eu-west-1' });
  });

  test('warn of names that nothing reads, of what comes too late, and of what is not ours', () => {
    const { loaded, told } = load('SLUICE_VPCID=vpc-1\nSLUICE_CACHE=/tmp/x\nAWS_PROFILE=me\nSLUICE_PROFILE=tiny\n', { SLUICE_REGOIN: 'eu-west-1' });
    expect(told).toEqual([
      expect.stringMatching(/^SLUICE_CACHE in .*\.env comes too late/),
      expect.stringMatching(/^AWS_PROFILE in .*\.env is not taken/),
      'nothing reads SLUICE_REGOIN: .env.example has the names',
      'nothing reads SLUICE_VPCID: .env.example has the names',
    ]);
    expect(loaded).not.toHaveProperty('AWS_PROFILE');
  });

  test('are read once: what the process starts finds that it has them', () => {
    const { loaded } = load('SLUICE_PROFILE=tiny\n');
    expect(loaded.SLUICE_ENV_FILE).toBe('');
    delete loaded.SLUICE_PROFILE;
    loadSettings(loaded, () => undefined);
    expect(loaded).not.toHaveProperty('SLUICE_PROFILE');
  });

  test('from a file that is not there are refused', () =>
    expect(() => loadSettings({ SLUICE_ENV_FILE: '/nowhere/.env' }, () => undefined)).toThrow(/SLUICE_ENV_FILE is "\/nowhere\/\.env"/));

  test('stay out of the tests and what they start, and out of git', () => {
    expect(process.env.SLUICE_ENV_FILE).toBe('');
    expect(execFileSync('git', ['check-ignore', '.env'], { cwd: ROOT, encoding: 'utf8' }).trim()).toBe('.env');
    // `./sluice test` and `lint` themselves would hand them on.
    expect(run(['bin/sluice.ts', 'test', '--kills', 'x'], { SLUICE_ENV_FILE: '/nowhere/.env' }).stderr).toMatch(/--kills is a number/);
  }, 90_000);

  test('reach the CDK app, which names a wrong value', () => {
    const { status, stderr } = run(['bin/app.ts'], { SLUICE_ENV_FILE: file('SLUICE_VPC_ID=mine\nSLUICE_VPCID=x\n'), CDK_CONTEXT_JSON: '{"stage":"dev"}' });
    expect(stderr).toMatch(/nothing reads SLUICE_VPCID[\s\S]*SLUICE_VPC_ID is "mine"\. It takes: an existing VPC/);
    expect(status).toBe(1);
  }, 90_000);

  test('reach the command line, which calls a wrong value a wrong use', () => {
    const { status, stderr } = run(['bin/sluice.ts', 'cost'], { SLUICE_ENV_FILE: file('SLUICE_MONITOR_MINUTES=often\n') });
    expect(stderr).toMatch(/SLUICE_MONITOR_MINUTES is "often"\. It takes: how often the monitor looks/);
    expect(status).toBe(2);
  }, 90_000);
});

test('every SLUICE_ name that something reads is known', () => {
  const files = ['bin', 'lib', 'lambdas', 'localstack', 'glue-jobs', 'bench', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|py|sh)$/.test(name) && !name.endsWith('.test.ts'))
      .map((name) => join(ROOT, folder, name)),
  );
  const names = [join(ROOT, 'sluice'), ...files].flatMap((path) => readFileSync(path, 'utf8').match(/\bSLUICE_[A-Z][A-Z_]*[A-Z]\b/g) ?? []);
  expect(new Set(names).size).toBeGreaterThan(30);
  expect(unknownNames(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(['SLUICE_END_OF_FILE']);
});
