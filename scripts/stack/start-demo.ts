import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { startStack, type Stack } from './stack.ts';

/** A demo for a test, a benchmark or pictures: on free ports, in a folder of its own that goes when it stops. */
export interface OwnDemo extends Stack {
  secret: string;
  dataDirectory: string;
  startedInMs: number;
}

export interface DemoOptions {
  /** Read for PATH and the like, and for COUCHDB_URL and CLICKHOUSE_URL; nothing else of Recado's is taken over. */
  env: NodeJS.ProcessEnv;
  logLevel?: string;
  /** Folder of a built PWA; default: this repository's. */
  pwaDirectory?: string;
  onDeath?: (name: string, how: string) => void;
}

export async function startDemo({ env, logLevel, pwaDirectory, onDeath }: DemoOptions): Promise<OwnDemo> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'recado-demo-'));
  const secret = 'a secret for demos that last minutes, of enough length';
  const [syncServer, ingest, analytics, simulator, couchdb, etl] = await sixFreePorts();
  const inherited = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(RECADO_|COUCHDB_|CLICKHOUSE_|META_)/.test(entry[0]),
  );
  const began = performance.now();
  const stack = await startStack(
    {
      dataDirectory,
      demo: true,
      secret,
      couchdbUrl: env.COUCHDB_URL || null,
      clickhouseUrl: env.CLICKHOUSE_URL || null,
      metaGraphUrl: null,
      ports: { syncServer, ingest, analytics, simulator, couchdb, etl },
      environment: {
        ...Object.fromEntries(inherited),
        ...(logLevel ? { RECADO_LOG_LEVEL: logLevel } : {}),
        ...(pwaDirectory ? { RECADO_PWA: pwaDirectory } : {}),
      },
    },
    { onDeath, readyWithinMs: 120_000 },
  );
  return {
    ...stack,
    secret,
    dataDirectory,
    startedInMs: performance.now() - began,
    stop: async () => {
      await stack.stop();
      await rm(dataDirectory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function sixFreePorts(): Promise<[number, number, number, number, number, number]> {
  const ports = new Set<number>();
  // A port is free again once it has been asked for, so the same one may come twice.
  while (ports.size < 6) ports.add(await freePort());
  return [...ports] as [number, number, number, number, number, number];
}
