import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACCEPTED_FINDINGS } from '../../lib/shared/accepted-findings.js';
import { ROOT } from '../../localstack/paths.js';
import { synthesise } from '../support/templates.js';

interface Finding {
  readonly check_id: string;
  readonly check_name: string;
  readonly file_path: string;
  readonly resource: string;
}

/** checkov on the templates of the stages that are deployed to AWS. It is not asked to look anything up. */
function scan(stages: readonly ('dev' | 'prod')[]): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-scan-'));
  try {
    for (const stage of stages) {
      const { stacks, template } = synthesise(stage);
      mkdirSync(join(folder, stage));
      for (const name of Object.keys(stacks) as (keyof typeof stacks)[]) writeFileSync(join(folder, stage, `${name}.template.json`), JSON.stringify(template(name).toJSON()));
    }
    const command = join(ROOT, '.sluice', 'tools', 'checkov', 'bin', 'checkov');
    const args = ['-d', folder, '--framework', 'cloudformation', '--compact', '--quiet', '--skip-download', '--soft-fail', '-o', 'json'];
    const output = execFileSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] });
    const reports = [JSON.parse(output)].flat() as { results: { failed_checks: Finding[]; parsing_errors: string[] }; summary: { passed: number } }[];
    for (const { results, summary } of reports) {
      expect(results.parsing_errors ?? []).toEqual([]);
      expect(summary.passed).toBeGreaterThan(100);
    }
    return reports.flatMap(({ results }) => results.failed_checks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the second scanner', () => {
  test('finds nothing in the templates that has no reason, and no reason is idle', () => {
    const findings = scan(['dev', 'prod']);
    const place = ({ file_path, resource }: Finding) => `${file_path} ${resource}`;
    const unexplained = findings.filter((finding) => {
      const accepted = ACCEPTED_FINDINGS[finding.check_id];
      return accepted === undefined || (accepted.where !== undefined && !accepted.where.test(place(finding)));
    });
    expect(unexplained.map((finding) => `${finding.check_id} ${finding.check_name}: ${place(finding)}`)).toEqual([]);
    const found = new Set(findings.map(({ check_id }) => check_id));
    expect(Object.keys(ACCEPTED_FINDINGS).filter((id) => !found.has(id))).toEqual([]);
  }, 240_000);
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
      const { stacks, template } = synthesise(stage);
      for (const name of Object.keys(stacks) as (keyof typeof stacks)[]) {
        const { Resources = {}, Outputs = {} } = template(name).toJSON() as { Resources?: Record<string, { Properties?: Record<string, unknown> }>; Outputs?: object };
        const told = Object.values(Resources).map(({ Properties = {} }) => [Properties.Environment, Properties.DefaultArguments]);
        expect(JSON.stringify([told, Outputs]), `${stage} ${name}`).not.toMatch(/resolve:secretsmanager|SecretString|password=/i);
      }
    }
  });
});
