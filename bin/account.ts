import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Config } from '../lib/config.js';
import { CliError, EXIT } from './output.js';

/** Where a stage is deployed to. */
export interface Place {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

/** What this needs of STS, and of the SDK's own search for credentials and a region. */
export interface Caller {
  /** @throws Error where none is set */
  region(): Promise<string>;
  /** The account of the credentials. @throws Error where there are none, or they do not hold */
  account(): Promise<string>;
}

/** {@link Caller} on the AWS SDK. */
export function caller(region: string | undefined): Caller {
  const sts = new STSClient(region === undefined ? {} : { region });
  return {
    region: async () => sts.config.region(),
    account: async () => {
      const { Account } = await sts.send(new GetCallerIdentityCommand({}));
      if (!Account) throw new Error('STS names no account');
      return Account;
    },
  };
}

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);

/**
 * The account and region that the credentials stand for and the configuration wants.
 *
 * @throws CliError naming what is missing, or does not fit together, and the way out
 */
export async function placeOf(
  config: Pick<Config, 'account' | 'region' | 'stage'>,
  of: Caller = caller(config.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION),
): Promise<Place> {
  const region = await of.region().catch(() => {
    throw new CliError(`no region to deploy stage ${config.stage} to: set SLUICE_REGION in .env, or AWS_REGION, for example AWS_REGION=eu-central-1`, EXIT.misuse);
  });
  const account = await of.account().catch((cause: Error) => {
    if (NO_CREDENTIALS.has(cause.name))
      throw new CliError('no AWS credentials: log in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY', EXIT.misuse);
    throw new CliError(`the AWS credentials do not hold in ${region} (${cause.message}): log in again (aws sso login), or choose others with AWS_PROFILE`);
  });
  if (config.account !== undefined && config.account !== account)
    throw new CliError(
      `stage ${config.stage} is for account ${config.account}, the credentials are of ${account}: choose others with AWS_PROFILE, or mend SLUICE_ACCOUNT (with SLUICE_REHEARSAL: use the exports of ./sluice status --env)`,
      EXIT.misuse,
    );
  return { account, region };
}
