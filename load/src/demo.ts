import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/stack/free-port.ts';
import { startStack, type Stack } from '../../scripts/stack/stack.ts';

export const benchSecret = 'a secret for benchmarks only, of enough length';

/** A whole demo of the benchmark's own, on free ports, in a folder that goes when it stops. */
export interface Demo extends Stack {
  dataDirectory: string;
  startedInMs: number;
}

export async function startDemo(): Promise<Demo> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'recado-bench-'));
  const [syncServer, ingest, analytics, simulator, couchdb, etl] = await Promise.all(
    Array.from({ length: 6 }, () => freePort()),
  );
  const began = performance.now();
  const stack = await startStack({
    dataDirectory,
    demo: true,
    secret: benchSecret,
    couchdbUrl: null,
    clickhouseUrl: null,
    metaGraphUrl: null,
    ports: {
      syncServer: syncServer!,
      ingest: ingest!,
      analytics: analytics!,
      simulator: simulator!,
      couchdb: couchdb!,
      etl: etl!,
    },
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', RECADO_LOG_LEVEL: 'warn' },
  });
  return {
    ...stack,
    dataDirectory,
    startedInMs: performance.now() - began,
    stop: async () => {
      await stack.stop();
      await rm(dataDirectory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Polls until `holds` answers true. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
