import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Home, ROOT } from '../paths.js';
import { type Spec, until } from '../process.js';

/** Credentials of the AWS on this machine; the emulator checks none. */
export const LOCAL_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' } as const;

/**
 * MiniStack: S3, CloudFormation, Lambda's host, Scheduler, SQS, SNS, CloudWatch, DynamoDB, the Glue catalog; behind the guard of our own servers.
 *
 * @param frontDoorPort the front door, which its functions are told as their AWS endpoint
 */
export function emulatorSpec(home: Home, port: number, frontDoorPort: number): Spec {
  const data = join(home.data, 'aws');
  const tmp = join(home.tmp, 'aws');
  for (const folder of [join(data, 's3'), join(data, 'state'), tmp]) mkdirSync(folder, { recursive: true });
  // Its Lambda workers are CommonJS files in TMPDIR; the project above is "type": "module".
  writeFileSync(join(tmp, 'package.json'), '{"type":"commonjs"}\n');
  return {
    name: 'emulator',
    command: join(home.tools, 'python', 'bin', 'python'),
    args: [join(ROOT, 'localstack', 'services', 'guarded_emulator.py')],
    env: {
      ...LOCAL_CREDENTIALS,
      BIND_HOST: '127.0.0.1',
      EDGE_PORT: String(port),
      GATEWAY_PORT: String(port),
      PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      PERSIST_STATE: '1',
      STATE_DIR: join(data, 'state'),
      S3_PERSIST: '1',
      S3_DATA_DIR: join(data, 's3'),
      TMPDIR: tmp,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${frontDoorPort}`,
      NODE_PATH: join(home.tools, 'node_modules'),
      PYTHONUNBUFFERED: '1',
    },
  };
}

/** Ready when S3 lists its buckets. */
export async function awaitEmulator(port: number, describe: () => string, signal?: AbortSignal): Promise<void> {
  await until(
    async () => {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/`, {
          headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0' },
          signal: AbortSignal.timeout(1_000),
        });
        return response.status < 500;
      } catch {
        return false;
      }
    },
    { timeoutMs: 60_000, describe, signal },
  );
}
