import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROFILES } from '../../lib/config.js';
import { ACCEPTED_FINDINGS } from '../../lib/shared/accepted-findings.js';
import { ROOT } from '../../localstack/paths.js';
import { synthesise } from '../support/templates.js';

interface Finding {
  readonly check_id: string;
  readonly check_name: string;
  readonly file_path: string;
  readonly resource: string;
}

/** Every stage that is deployed to AWS, in every profile, and with the parts that are chosen beside. */
const VARIANTS: Readonly<Record<string, readonly [stage: 'dev' | 'prod', env: Record<string, string>]>> = {
  ...Object.fromEntries((['dev', 'prod'] as const).flatMap((stage) => PROFILES.map((SLUICE_PROFILE) => [`${stage}-${SLUICE_PROFILE}`, [stage, { SLUICE_PROFILE }] as const]))),
  'dev-serverless': ['dev', { SLUICE_BROKER: 'serverless', SLUICE_LAYOUT: 'separate', SLUICE_MONTHLY_BUDGET: '250', SLUICE_PAGE_EMAILS: 'a@example.com' }],
};

/** The templates of every variant, each text once, whatever the stage is called in it: `FOLDER/VARIANT/STACK.template.json`. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-scan-'));
  const seen = new Set<string>();
  for (const [variant, [stage, env]] of Object.entries(VARIANTS)) {
    const { names, json } = synthesise(stage, env);
    mkdirSync(join(folder, variant));
    for (const name of names) {
      const text = JSON.stringify(json(name));
      const known = text.replaceAll(stage, 'STAGE');
      if (!seen.has(known)) writeFileSync(join(folder, variant, `${name}.template.json`), text);
      seen.add(known);
    }
  }
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tool = (name: string): string => join(ROOT, '.sluice', 'tools', name, 'bin', name);

/** checkov's findings. It is not asked to look anything up. */
function checkov(): Finding[] {
  const args = ['-d', folder, '--framework', 'cloudformation', '--compact', '--quiet', '--skip-download', '--soft-fail', '-o', 'json'];
  const output = execFileSync(tool('checkov'), args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] });
  const reports = [JSON.parse(output)].flat() as { results: { failed_checks: Finding[]; parsing_errors: string[] }; summary: { passed: number } }[];
  for (const { results, summary } of reports) {
    expect(results.parsing_errors ?? []).toEqual([]);
    expect(summary.passed).toBeGreaterThan(100);
  }
  return reports.flatMap(({ results }) => results.failed_checks);
}

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Level: string;
  readonly Message: string;
  readonly Filename: string;
}

/** cfn-lint's matches: of templates against CloudFormation's own schemas, for a region that has every service. */
function cfnLint(...templates: readonly string[]): string[] {
  const files =
    templates.length > 0 ? templates : readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => (name.endsWith('.json') ? [join(folder, name)] : []));
  const args = ['--regions', 'us-east-1', '--non-zero-exit-code', 'none', '--format', 'json', '--', ...files];
  const output = execFileSync(tool('cfn-lint'), args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return (JSON.parse(output) as Match[]).map(({ Rule, Level, Message, Filename }) => `${Level} ${Rule.Id} ${relative(folder, Filename)}: ${Message}`);
}

describe('the scanners', () => {
  test('checkov finds nothing in the templates that has no reason, and no reason is idle', () => {
    const findings = checkov();
    const place = ({ file_path, resource }: Finding) => `${file_path} ${resource}`;
    const unexplained = findings.filter((finding) => {
      const accepted = ACCEPTED_FINDINGS[finding.check_id];
      return accepted === undefined || (accepted.where !== undefined && !accepted.where.test(place(finding)));
    });
    expect(unexplained.map((finding) => `${finding.check_id} ${finding.check_name}: ${place(finding)}`)).toEqual([]);
    const found = new Set(findings.map(({ check_id }) => check_id));
    expect(Object.keys(ACCEPTED_FINDINGS).filter((id) => !found.has(id))).toEqual([]);
  }, 600_000);

  test('cfn-lint finds no error on any stage and profile, and no warning beside those of CDK itself', () => {
    // W3005: CDK names a dependency that a reference makes already. W3045: CDK lets S3 write access logs by an ACL.
    expect(cfnLint().filter((match) => !/^Warning (W3005|W3045) /.test(match))).toEqual([]);
  }, 600_000);

  test('cfn-lint does find a worker type and a property that there are not', () => {
    const broken = join(folder, 'broken.json');
    const job = { Type: 'AWS::Glue::Job', Properties: { Role: 'r', Command: { Name: 'glueetl' }, WorkerTyp: 'G.1X', NumberOfWorkers: 'many' } };
    writeFileSync(broken, JSON.stringify({ Resources: { Job: job } }));
    const found = cfnLint(broken).join();
    rmSync(broken);
    expect(found).toMatch(/Error E\d+ broken\.json.*WorkerTyp/);
    expect(found).toMatch(/'many' is not of type 'integer'/);
  }, 120_000);
});

describe('the network', () => {
  test('lets nobody but principals of this account through its endpoints', () => {
    const endpoints = Object.values(synthesise('prod').template('network').findResources('AWS::EC2::VPCEndpoint'));
    expect(endpoints.length).toBeGreaterThanOrEqual(5);
    for (const { Properties } of endpoints) expect(JSON.stringify(Properties.PolicyDocument)).toContain('"aws:PrincipalAccount":{"Ref":"AWS::AccountId"}');
  });
});

describe('secrets', () => {
  test('are in no argument, variable or output', () => {
    for (const stage of ['dev', 'prod'] as const) {
      const { names, json } = synthesise(stage);
      for (const name of names) {
        const { Resources = {}, Outputs = {} } = json(name) as { Resources?: Record<string, { Properties?: Record<string, unknown> }>; Outputs?: object };
        const told = Object.values(Resources).map(({ Properties = {} }) => [Properties.Environment, Properties.DefaultArguments]);
        expect(JSON.stringify([told, Outputs]), `${stage} ${name}`).not.toMatch(/resolve:secretsmanager|SecretString|password=/i);
      }
    }
  });
});
