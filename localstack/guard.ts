import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/**
 * Who may speak to a server of this machine. It listens on loopback, yet every web page that the user opens can send requests
 * there, and a page whose name is made to mean 127.0.0.1 (DNS rebinding) can read the answers. What tells them apart is what the
 * browser writes into each request and no page can change: `Host`, `Origin` and `Sec-Fetch-Site` (Fetch standard, Fetch Metadata).
 *
 * The emulator has the same rules: localstack/services/guarded_emulator.py; both are held to guard-vectors.json.
 */

/**
 * Names that mean this machine: its addresses, `localhost` and what is below it (RFC 6761: no resolver may answer otherwise), where buckets and
 * functions have names of their own, and the same below `localhost.localstack.cloud`, which LocalStack's users know and its DNS answers so.
 */
const LOOPBACK = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9_-][a-z0-9._-]*\.)?localhost(?:\.localstack\.cloud)?)$/;

const nameOf = (host: string): string => host.toLowerCase().replace(/:\d{1,5}$/, '');

/** Why a request is refused; null where it may pass. */
export function refusal(headers: IncomingHttpHeaders): string | null {
  const { host, origin, 'sec-fetch-site': site } = headers;
  const name = nameOf(host ?? '');
  if (!LOOPBACK.test(name)) return `host ${JSON.stringify(host ?? '')} is no name of this machine: use 127.0.0.1 or localhost`;
  // Not the name alone: a page of another server on this machine is another origin.
  if (origin !== undefined && ![`http://${host}`, `https://${host}`].includes(origin)) return `a web page of ${JSON.stringify(origin)} may not speak to this server`;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return `a web page of another site may not speak to this server (sec-fetch-site: ${site})`;
  return null;
}

/** A listener behind the guard: what is refused gets 403 and the reason, and nothing of it is read. */
export function guarded(listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void): RequestListener {
  return (incoming, outgoing) => {
    const reason = refusal(incoming.headers);
    if (reason === null) return listener(incoming, outgoing);
    incoming.resume();
    outgoing.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${reason}\n`);
  };
}
