import { once } from 'node:events';
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to a request on its way:
 * `pass`; `lose-answer`: the server does it, the answer is lost; `drop`: it never arrives; `cut`: the answer ends
 * half way; `hang`: it arrives, no answer comes; `swallow`: it never arrives and no answer comes; a number: that
 * status instead of an answer.
 */
export type Fate = 'pass' | 'lose-answer' | 'drop' | 'cut' | 'hang' | 'swallow' | number;

export interface FaultyProxy {
  url: string;
  /** Decides for each request; replaced by tests at will. */
  fateOf: (request: { method: string; path: string }) => Fate;
  /** `METHOD path` of every request so far. */
  seen: string[];
  /** Breaks all connections at once, as a network does. */
  breakConnections(): void;
  stop(): Promise<void>;
}

/** A network between a test and its store. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const server = createServer((request, response) => void relay(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fateOf: () => 'pass',
    seen: [],
    breakConnections: () => server.closeAllConnections(),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/' } = request;
    proxy.seen.push(`${method} ${path}`);
    const fate = proxy.fateOf({ method, path });
    if (fate === 'drop') return void request.socket.destroy();
    if (fate === 'swallow') return void request.resume();
    if (typeof fate === 'number') {
      request.resume();
      response.writeHead(fate, { 'content-type': 'application/json' });
      return void response.end('{"error":"injected","reason":"by the test"}');
    }
    const { pathname, search } = new URL(path, target);
    const upstream = forward(new URL(pathname + search, target), {
      method,
      headers: request.headers,
      agent: false,
    });
    request.pipe(upstream);
    upstream.on('error', () => request.socket.destroy());
    response.on('close', () => upstream.destroy());
    const [answer] = (await once(upstream, 'response').catch(() => [])) as [IncomingMessage?];
    if (!answer) return;
    if (fate === 'pass') {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      return void answer.pipe(response);
    }
    const body = Buffer.concat(await answer.toArray());
    if (fate === 'lose-answer') request.socket.destroy();
    if (fate !== 'cut') return;
    response.writeHead(answer.statusCode ?? 502, {
      'content-type': 'application/json',
      'content-length': body.length,
    });
    response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
  };
  return proxy;
}
