import { ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { secretsBelow } from '../../lambdas/ingest/http/secrets.js';

const denied = (resource: string) =>
  Object.assign(
    new Error(
      `User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: secretsmanager:GetSecretValue on resource: ${resource} because no identity-based policy allows it`,
    ),
    {
      name: 'AccessDeniedException',
    },
  );
const answering = (answer: unknown) => secretsBelow({ send: (async () => (answer instanceof Error ? Promise.reject(answer) : answer)) as never }, 'sluice/dev/sources');

describe('the key of a source', () => {
  test('is the value of its secret', async () => expect(await answering({ SecretString: 'k' })('abuse-ch')).toBe('k'));
  test('is missing where Secrets Manager says so', async () =>
    expect(await answering(new ResourceNotFoundException({ message: 'none', $metadata: {} }))('abuse-ch')).toBeUndefined());
  test('is missing where access to the bare name is denied: that is what a role with named secrets hears of one that is not there', async () =>
    expect(await answering(denied('sluice/dev/sources/abuse-ch'))('abuse-ch')).toBeUndefined());
  test('is not missing where the secret is there and may not be read', async () => {
    await expect(answering(denied('arn:aws:secretsmanager:us-east-1:1:secret:sluice/dev/sources/abuse-ch-AbCdEf'))('abuse-ch')).rejects.toThrow(/not authorized/);
    await expect(answering(new Error('throttled'))('abuse-ch')).rejects.toThrow('throttled');
  });
});
