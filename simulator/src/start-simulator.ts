import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './http/app.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';

/** A simulator behind HTTP. `port: 0` takes any free port. */
export const startSimulator = async (
  options: SimulatorOptions & { port?: number; host?: string } = {},
): Promise<{ url: string; port: number; simulator: Simulator; stop: () => Promise<void> }> => {
  const { port = 0, host = '127.0.0.1', ...rest } = options;
  const simulator = createSimulator(rest);
  const app = createApp(simulator);
  // Longer than proxies and clients keep one: who closes first must not be us, while a request is on its way.
  const server = createServer({ keepAliveTimeout: 65_000 }, app.handle);
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, host, listening);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host}:${bound}`,
    port: bound,
    simulator,
    stop: async () => {
      simulator.stop();
      app.close();
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
};
