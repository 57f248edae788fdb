import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../localstack/paths.js';
import { CliError } from './output.js';

/** Runs the CDK's command line. @throws CliError where it ends with another code than 0 */
export type Cdk = (...args: string[]) => Promise<void>;

/**
 * The CDK's own command line, with variables beside the environment's. All that it prints goes to stderr: stdout is for data.
 */
export function cdkWith(env: Readonly<Record<string, string>>): Cdk {
  return (...args) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args], {
        cwd: ROOT,
        stdio: ['inherit', process.stderr, process.stderr],
        env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true', ...env },
      });
      child.once('error', reject);
      child.once('exit', (code) =>
        code === 0 ? resolve() : reject(new CliError(`cdk ${args[0]} ended with ${code}: what it says above names the cause. The same command again goes on where it stopped`)),
      );
    });
}
