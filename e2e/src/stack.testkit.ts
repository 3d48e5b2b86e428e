import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../scripts/stack/free-port.ts';
import { startStack, type Stack } from '../../scripts/stack/stack.ts';

/** What the tests are given: addresses of a whole demo that runs for them, on ports of its own, in a folder of its own. */
export interface RunningDemo {
  app: string;
  phone: string;
  ingest: string;
  dataDirectory: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    demo: RunningDemo;
  }
}

/** Starts one demo for all browser tests; they meet in it as people would, each with customers of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'recado-e2e-'));
  const stack = await startDemo(dataDirectory);
  project.provide('demo', {
    app: stack.urls.app,
    phone: stack.urls.simulator!,
    ingest: stack.urls.ingest,
    dataDirectory,
  });
  return async () => {
    await stack.stop();
    await rm(dataDirectory, { recursive: true, force: true, maxRetries: 5 });
  };
}

export async function startDemo(dataDirectory: string): Promise<Stack> {
  const [syncServer, ingest, analytics, simulator, couchdb, etl] = await Promise.all(
    Array.from({ length: 6 }, () => freePort()),
  );
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(RECADO_|COUCHDB_|CLICKHOUSE_|META_)/.test(entry[0]),
  );
  return startStack(
    {
      dataDirectory,
      demo: true,
      secret: 'a secret for the browser tests only, of enough length',
      couchdbUrl: process.env.COUCHDB_URL || null,
      clickhouseUrl: process.env.CLICKHOUSE_URL || null,
      metaGraphUrl: null,
      ports: {
        syncServer: syncServer!,
        ingest: ingest!,
        analytics: analytics!,
        simulator: simulator!,
        couchdb: couchdb!,
        etl: etl!,
      },
      environment: Object.fromEntries(inherited),
    },
    { onDeath: (name, how) => console.error(`${name} ended: ${how}`), readyWithinMs: 120_000 },
  );
}

export default setup;
