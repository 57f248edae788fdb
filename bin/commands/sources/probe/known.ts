import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Known } from '../../../../lambdas/ingest/probe.js';
import type { Checkpoint } from '../../../../lambdas/ingest/state/state.js';
import { StateTable, sourceKey } from '../../../../lambdas/shared/state-table.js';
import { sourceSecrets } from '../../../../lib/ingestion/sources.js';
import { client } from '../../../../localstack/stack/instance.js';
import { stateTable, type Target } from '../../../lake/target.js';
import { say } from '../../../output.js';

const NOTHING_KNOWN: Known = { etag: null, lastModified: null, notBefore: null };

/** What a lake knows of a source; nothing where it does not answer, which does not keep anybody from asking the source. */
export async function knownTo(lake: Pick<Target, 'dynamo' | 'identity'> | null, name: string): Promise<Known> {
  if (lake === null) return NOTHING_KNOWN;
  try {
    return await knownToLake(name, lake);
  } catch (error) {
    say(`${name}: what the lake holds is not known: ${(error as Error).message}`);
    return NOTHING_KNOWN;
  }
}

async function knownToLake(name: string, { dynamo, identity }: Pick<Target, 'dynamo' | 'identity'>): Promise<Known> {
  const item = await new StateTable(dynamo, stateTable({ identity })).item(sourceKey(name));
  const current = item.currentSnapshot as Checkpoint | undefined;
  return { etag: current?.etag ?? null, lastModified: current?.lastModified ?? null, notBefore: (item.notBefore as number | undefined) ?? null };
}

/** Keys as `SLUICE_SOURCE_KEYS` gives them (`abuse-ch=KEY,phishtank=KEY`), else those of the stage. */
export function secretsOf(lake: Target | null, env: NodeJS.ProcessEnv): (name: string) => Promise<string | undefined> {
  const given = new Map((env.SLUICE_SOURCE_KEYS ?? '').split(',').map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]));
  return async (name) => {
    const own = given.get(name);
    if (own || lake === null) return own;
    const secrets = lake.local === null ? new SecretsManagerClient({}) : client(SecretsManagerClient, lake.local.instance);
    try {
      return (await secrets.send(new GetSecretValueCommand({ SecretId: `${sourceSecrets(lake.identity)}/${name}` }))).SecretString;
    } catch (cause) {
      if (cause instanceof ResourceNotFoundException) return undefined;
      throw cause;
    }
  };
}
