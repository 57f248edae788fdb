import { type IncomingMessage, request } from 'node:http';

export interface PlainRequest {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
}

/** Sends a request to a port of this machine whose headers are these and no others: what `fetch` sets itself can be set too. */
export function send(port: number, headers: Readonly<Record<string, string>>, { method = 'GET', path = '/', body }: PlainRequest = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, setHost: false }, async (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    sent.on('error', reject).end(body);
  });
}
