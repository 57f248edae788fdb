import { decode, encode, Token, Type } from 'cborg';

/**
 * The protocols in which SDKs speak to one service: JSON with `X-Amz-Target`, and CBOR by path (Smithy RPC v2), which
 * newer SDKs prefer for CloudWatch.
 */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly protocol: 'json' | 'cbor';
}

const CBOR_PATH = /^\/service\/([^/]+)\/operation\/([^/?]+)$/;

/** Which operation a request calls; null where it names none. */
export function callOf(url: string | undefined, target: string | string[] | undefined): Call | null {
  if (typeof target === 'string') {
    const [service = '', operation = ''] = target.split('.');
    return { service, operation, protocol: 'json' };
  }
  const match = CBOR_PATH.exec(url ?? '');
  return match?.[1] && match[2] ? { service: match[1], operation: match[2], protocol: 'cbor' } : null;
}

const EPOCH = 1;

const dated = (decodeInner: unknown): Date => {
  const value = typeof decodeInner === 'function' ? (decodeInner as () => unknown)() : decodeInner;
  return new Date(Number(value) * 1000);
};

export function readBody(call: Call, body: Buffer): unknown {
  if (body.length === 0) return {};
  return call.protocol === 'json' ? JSON.parse(body.toString('utf8')) : decode(body, { tags: Object.assign([], { [EPOCH]: dated }) });
}

/** Fields that hold times, as seconds: CBOR marks them, JSON does not. */
const TIMES = new Set(['Timestamp', 'Timestamps']);

function markTimes(value: unknown, name = ''): unknown {
  if (TIMES.has(name) && typeof value === 'number') return new Date(value * 1000);
  if (Array.isArray(value)) return value.map((each) => markTimes(each, name));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, markTimes(each, key)]));
  return value;
}

export interface Encoded {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export function writeBody(protocol: Call['protocol'], body: unknown): Encoded {
  if (protocol === 'json') return { body: Buffer.from(JSON.stringify(body)), headers: { 'content-type': 'application/x-amz-json-1.1' } };
  const typeEncoders = { Date: (date: unknown) => [new Token(Type.tag, EPOCH), new Token(Type.float, (date as Date).getTime() / 1000)] };
  return { body: Buffer.from(encode(markTimes(body), { typeEncoders })), headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' } };
}
