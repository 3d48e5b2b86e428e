import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from './child.ts';

export interface StackConfig {
  dataDirectory: string;
  /** Seeded tenant, simulator, generated secret, loopback only. */
  demo: boolean;
  secret: string;
  /** null: the embedded store. */
  couchdbUrl: string | null;
  /** null: chDB inside the analytics process. */
  clickhouseUrl: string | null;
  metaGraphUrl: string | null;
  ports: {
    syncServer: number;
    ingest: number;
    analytics: number;
    simulator: number;
    couchdb: number;
    etl: number;
  };
  /** Passed on to every process as it is. */
  environment: Record<string, string>;
}

/** What is wrong with the environment, said so that it can be mended. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads the environment once. Nothing configured: the demo. `COUCHDB_URL` set: production, unless RECADO_DEMO=1. */
export function readStackConfig(env: NodeJS.ProcessEnv): StackConfig {
  const dataDirectory = resolve(root, env.RECADO_DATA ?? 'data');
  const couchdbUrl = env.COUCHDB_URL || null;
  const demo = env.RECADO_DEMO ? ['1', 'true'].includes(env.RECADO_DEMO) : couchdbUrl === null;
  if (!demo && !env.RECADO_SECRET)
    throw new ConfigError(
      'RECADO_SECRET is not set. It seals credentials and signs calls between services: give it 32 random bytes or more ' +
        '(openssl rand -hex 32), the same for every service. For the demo on these stores set RECADO_DEMO=1.',
    );
  return {
    dataDirectory,
    demo,
    secret: env.RECADO_SECRET ?? demoSecret(dataDirectory),
    couchdbUrl,
    clickhouseUrl: env.CLICKHOUSE_URL || null,
    metaGraphUrl: env.META_GRAPH_URL || null,
    ports: {
      syncServer: port(env, 'RECADO_PORT', 3000),
      ingest: port(env, 'RECADO_INGEST_PORT', 3001),
      analytics: port(env, 'RECADO_ANALYTICS_PORT', 3002),
      simulator: port(env, 'RECADO_SIMULATOR_PORT', 3003),
      couchdb: port(env, 'RECADO_COUCHDB_PORT', 3004),
      etl: port(env, 'RECADO_ETL_PORT', 3005),
    },
    environment: Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
}

function port(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = env[name];
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new ConfigError(`${name} is ${JSON.stringify(value)}: a port is a whole number from 1 to 65535.`);
  return number;
}

/** The demo's own secret, made once and kept with its data: no secret is the same on two machines. */
function demoSecret(dataDirectory: string): string {
  const file = join(dataDirectory, 'demo-secret');
  if (!existsSync(file)) {
    mkdirSync(dataDirectory, { recursive: true });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8').trim();
}
