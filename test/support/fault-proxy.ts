import { createServer, request, type Server } from 'node:http';

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
  /** `before`: the request is swallowed; `after`: it has been answered by the emulator, and nobody hears of it. */
  readonly when: 'before' | 'after';
  readonly act: () => void;
}

/** A proxy before an emulator that answers for S3's buckets what a test wants it to; everything else passes. */
export class FaultProxy {
  fault: S3Fault | null = null;
  tripwire: Tripwire | null = null;
  /** Requests answered with the fault. */
  faults = 0;
  private readonly server: Server;

  constructor(emulatorPort: number, isFaulty: (path: string) => boolean) {
    this.server = createServer((incoming, outgoing) => {
      const { fault } = this;
      if (fault && isFaulty(incoming.url ?? '') && (fault.methods ?? [incoming.method]).includes(incoming.method ?? '')) {
        this.faults++;
        incoming.resume();
        outgoing.writeHead(fault.status, { 'content-type': 'application/xml' });
        outgoing.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${fault.code}</Code><Message>${fault.message}</Message></Error>`);
        return;
      }
      const wire = this.tripwire;
      const trips = wire !== null && incoming.method === wire.method && wire.path.test(decodeURIComponent(incoming.url ?? ''));
      if (trips) this.tripwire = null;
      if (trips && wire.when === 'before') {
        wire.act();
        incoming.destroy();
        return;
      }
      const forward = request({ host: '127.0.0.1', port: emulatorPort, method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false }, (response) => {
        if (trips) {
          wire.act();
          outgoing.destroy();
          return;
        }
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(outgoing);
      });
      forward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => forward.destroy());
      incoming.pipe(forward);
    });
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
