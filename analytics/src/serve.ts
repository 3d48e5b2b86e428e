import type Koa from 'koa';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  url: string;
  /** Takes no more requests and waits for those under way. */
  stop(): Promise<void>;
}

/** Listens; port 0 takes any free one. @throws when the address is in use. */
export async function serve(app: Koa, { host, port }: { host: string; port: number }): Promise<Served> {
  // Longer than proxies and clients keep one: who closes first must not be us, while a request is on its way.
  const server = createServer({ keepAliveTimeout: 65_000 }, app.callback());
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}
