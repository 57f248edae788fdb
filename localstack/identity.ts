import { physicalName } from '../lib/config.js';
import { LOCAL_CREDENTIALS } from './services/emulator.js';

/** The stage that runs on this machine. */
export const LOCAL = { app: 'sluice', stage: 'local' } as const;
const ACCOUNT = '000000000000';

/** `sluice-local-NAME`, as the CDK app names it. */
export const localName = (name: string): string => physicalName(LOCAL, name);

/** A bucket of the storage stack. */
export const localBucket = (name: string): string => `${localName(name)}-${ACCOUNT}-${LOCAL_CREDENTIALS.AWS_REGION}`;

/** Settings with which an SDK client reaches the AWS on this machine at `endpoint`. */
export const sdkSettings = (endpoint: string) => ({
  endpoint,
  region: LOCAL_CREDENTIALS.AWS_REGION,
  credentials: { accessKeyId: LOCAL_CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY },
});
