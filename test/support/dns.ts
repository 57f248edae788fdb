import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Types that lists are held to: all that tells a client where a name is, or what else is known of it. */
export const TYPES = { A: 1, AAAA: 28, TXT: 16, HTTPS: 65 } as const;
export type RecordType = keyof typeof TYPES;

/** What {@link Upstream} answers by type: documentation addresses (RFC 5737, RFC 3849), a text, a service at the name itself (RFC 9460). */
const REAL: Readonly<Record<number, Buffer>> = {
  [TYPES.A]: Buffer.from([192, 0, 2, 1]),
  [TYPES.AAAA]: Buffer.from('20010db8000000000000000000000001', 'hex'),
  [TYPES.TXT]: Buffer.from([8, ...Buffer.from('upstream')]),
  [TYPES.HTTPS]: Buffer.from([0, 1, 0]),
};

const HEADER = 12;
export const NXDOMAIN = 3;

/** Where the name that starts at `offset` ends (RFC 1035, 4.1.4). */
function endOfName(message: Buffer, offset: number): number {
  let at = offset;
  for (;;) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
}

/** A server of this machine that has an answer for every name: what it says is what a list let through. */
export class Upstream {
  private constructor(
    private readonly socket: Socket,
    readonly port: number,
  ) {}

  static async start(): Promise<Upstream> {
    const socket = createSocket('udp4');
    socket.on('message', (message, from) => {
      const end = endOfName(message, HEADER);
      const type = message.readUInt16BE(end);
      const data = REAL[type];
      const header = Buffer.alloc(HEADER);
      message.copy(header, 0, 0, 4);
      // An authoritative answer, without error, with recursion where it was asked for.
      header.writeUInt16BE(0x8480 | (message.readUInt16BE(2) & 0x0100), 2);
      header.writeUInt16BE(1, 4);
      header.writeUInt16BE(data === undefined ? 0 : 1, 6);
      const record = Buffer.alloc(data === undefined ? 0 : 12);
      if (data !== undefined) {
        record.writeUInt16BE(0xc000 | HEADER, 0);
        record.writeUInt16BE(type, 2);
        record.writeUInt16BE(1, 4);
        record.writeUInt32BE(60, 6);
        record.writeUInt16BE(data.length, 10);
      }
      socket.send(Buffer.concat([header, message.subarray(HEADER, end + 4), record, data ?? Buffer.alloc(0)]), from.port, from.address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Upstream(socket, socket.address().port);
  }

  stop(): void {
    this.socket.close();
  }
}

export interface Answer {
  /** RFC 6895: 0 no error, 2 server failure, 3 no such name, 5 refused. */
  readonly rcode: number;
  /** Data of the records of the type that was asked for. */
  readonly data: readonly Buffer[];
}

const TRIES = 4;
const TIMEOUT_MS = 1_500;

/** Asks one resolver of this machine. */
export class Client {
  private readonly socket = createSocket('udp4');
  private readonly waiting = new Map<number, (message: Buffer) => void>();
  private id = 0;

  constructor(private readonly port: number) {
    this.socket.on('message', (message) => this.waiting.get(message.readUInt16BE(0))?.(message));
    this.socket.on('error', () => undefined);
  }

  /**
   * @param patience for how long an answer to each try is waited for
   * @throws Error where no answer came
   */
  async ask(name: string, type: RecordType, patience = { tries: TRIES, timeoutMs: TIMEOUT_MS }): Promise<Answer> {
    for (let i = 0; i < patience.tries; i++) {
      const message = await this.once(name, TYPES[type], patience.timeoutMs);
      if (message !== null) return answerOf(message, TYPES[type]);
    }
    throw new Error(`no answer for ${name} ${type}`);
  }

  private once(name: string, type: number, timeoutMs: number): Promise<Buffer | null> {
    this.id = (this.id + 1) & 0xffff;
    const id = this.id;
    const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'ascii')]));
    const query = Buffer.concat([Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, type, 0, 1])]);
    return new Promise((resolve) => {
      const done = (message: Buffer | null) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(message);
      };
      const timer = setTimeout(() => done(null), timeoutMs);
      this.waiting.set(id, done);
      this.socket.send(query, this.port, '127.0.0.1');
    });
  }

  stop(): void {
    this.socket.close();
  }
}

function answerOf(message: Buffer, asked: number): Answer {
  let at = endOfName(message, HEADER) + 4;
  const data: Buffer[] = [];
  for (let i = 0; i < message.readUInt16BE(6); i++) {
    at = endOfName(message, at);
    const length = message.readUInt16BE(at + 8);
    if (message.readUInt16BE(at) === asked) data.push(message.subarray(at + 10, at + 10 + length));
    at += 10 + length;
  }
  return { rcode: message.readUInt16BE(2) & 0xf, data };
}

/** Whether a list answered, and not upstream. @throws Error for an answer that is neither, as where the server failed */
export function isBlocked({ rcode, data }: Answer, type: RecordType): boolean {
  if (rcode === NXDOMAIN) return true;
  if (rcode !== 0) throw new Error(`answered with code ${rcode}`);
  return !data.some((each) => each.equals(REAL[TYPES[type]] ?? Buffer.alloc(0)));
}
