/** Whether a URL is of this machine. */
export function isLoopbackUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) && (/^127(?:\.\d{1,3}){3}$/.test(hostname) || hostname === '[::1]' || hostname === 'localhost');
}

/**
 * Where recorded feeds are served in place of the sources' own addresses; undefined where sources are fetched from where they are.
 *
 * Only on this machine: with them addresses of the private network may be fetched, which on AWS would be those of the VPC and of
 * Lambda's own runtime.
 *
 * @throws Error where the variable is set and the function runs elsewhere, or names another machine
 */
export function recordedFeeds(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { SLUICE_FEEDS_URL: url, AWS_ENDPOINT_URL: endpoint } = env;
  if (url === undefined || url === '') return undefined;
  const unset = 'remove it from the function and deploy again';
  // What hosts functions here tells them of its own endpoint; AWS tells them of none.
  if (endpoint === undefined || !isLoopbackUrl(endpoint)) throw new Error(`SLUICE_FEEDS_URL is set, and this is not the local stage: ${unset}`);
  if (!isLoopbackUrl(url)) throw new Error(`SLUICE_FEEDS_URL is ${JSON.stringify(url)}, which is not on this machine: ${unset}`);
  return url;
}
