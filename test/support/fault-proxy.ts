import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';

/** What S3 answers instead of working. */
export interface S3Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Only requests of these methods. @default - all */
  readonly methods?: readonly string[];
}

/** Something to do when a request passes, once. */
export interface Tripwire {
  readonly method: string;
  readonly path: RegExp;
  /** What the body must hold. @default - anything */
  readonly body?: RegExp;
  /** `before`: the request is swallowed; `after`: it has been answered by the emulator, and nobody hears of it. */
  readonly when: 'before' | 'after';
  readonly act: () => void;
}

/** A proxy before an emulator that answers for S3's buckets what a test wants it to; everything else passes. */
export class FaultProxy {
  fault: S3Fault | null = null;
  tripwire: Tripwire | null = null;
  /** Hears of every request. */
  heard: (method: string, url: string) => void = () => undefined;
  /** Requests answered with the fault. */
  faults = 0;
  private readonly server: Server;

  constructor(emulatorPort: number, isFaulty: (path: string) => boolean) {
    this.server = createServer((incoming, outgoing) => {
      this.heard(incoming.method ?? '', incoming.url ?? '');
      const { fault } = this;
      if (fault && isFaulty(incoming.url ?? '') && (fault.methods ?? [incoming.method]).includes(incoming.method ?? '')) {
        this.faults++;
        incoming.resume();
        outgoing.writeHead(fault.status, { 'content-type': 'application/xml' });
        outgoing.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${fault.code}</Code><Message>${fault.message}</Message></Error>`);
        return;
      }
      const wire = this.tripwire;
      if (wire !== null && incoming.method === wire.method && wire.path.test(decodeURIComponent(incoming.url ?? ''))) void this.maybeTrip(wire, incoming, outgoing, emulatorPort);
      else pass(incoming, outgoing, emulatorPort, null);
    });
  }

  /** Looks at the body, where the wire asks for one, before it lets a request pass. */
  private async maybeTrip(wire: Tripwire, incoming: IncomingMessage, outgoing: ServerResponse, emulatorPort: number): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const trips = this.tripwire === wire && (wire.body === undefined || wire.body.test(body.toString('latin1')));
    if (trips) this.tripwire = null;
    if (trips && wire.when === 'before') {
      wire.act();
      incoming.destroy();
      return;
    }
    pass(incoming, outgoing, emulatorPort, { body, ...(trips ? { after: wire.act } : {}) });
  }

  /** @returns its address */
  listen(): Promise<string> {
    return new Promise((resolve) =>
      this.server.listen(0, '127.0.0.1', () => {
        const address = this.server.address();
        resolve(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
      }),
    );
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** @param read the body, where it was read already, and what to do instead of passing the answer on */
function pass(incoming: IncomingMessage, outgoing: ServerResponse, emulatorPort: number, read: { readonly body: Buffer; readonly after?: () => void } | null): void {
  const forward = request({ host: '127.0.0.1', port: emulatorPort, method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false }, (response) => {
    if (read?.after) {
      read.after();
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  forward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => forward.destroy());
  if (read) forward.end(read.body);
  else incoming.pipe(forward);
}
