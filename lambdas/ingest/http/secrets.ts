import { GetSecretValueCommand, ResourceNotFoundException, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/**
 * Reads the keys of sources, which lie below `prefix`; undefined where there is none.
 *
 * Secrets Manager tells only those who may read every secret that one is not there. Our role may read named ones, and an
 * ARN is known of a secret that is: of one that is not, it hears that access to the bare name is denied.
 */
export const secretsBelow =
  (client: Pick<SecretsManagerClient, 'send'>, prefix: string) =>
  async (name: string): Promise<string | undefined> => {
    const SecretId = `${prefix}/${name}`;
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    } catch (cause) {
      if (cause instanceof ResourceNotFoundException) return undefined;
      const { name: kind, message } = cause as Error;
      if (kind === 'AccessDeniedException' && new RegExp(`on resource: ${SecretId}( |$)`).test(message)) return undefined;
      throw cause;
    }
  };
