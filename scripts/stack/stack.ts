import { join } from 'node:path';
import { keepRunning, untilReady, type Child, type ChildSpec } from './child.ts';
import type { StackConfig } from './config.ts';

/** Every process of the product on one machine, started in order of need and kept running. */
export interface Stack {
  urls: { app: string; ingest: string; analytics: string; simulator: string | null; couchdb: string };
  children: Child[];
  /** In the reverse order of the start. */
  stop(): Promise<void>;
}

export interface StackOptions {
  onDeath?: (name: string, how: string) => void;
  /** How long one process may take to become ready; default 60 s. */
  readyWithinMs?: number;
}

const at = (port: number) => `http://127.0.0.1:${port}`;

export async function startStack(config: StackConfig, options: StackOptions = {}): Promise<Stack> {
  const { ports, demo } = config;
  const couchdb = config.couchdbUrl ?? at(ports.couchdb);
  const env = {
    ...config.environment,
    NODE_ENV: 'production',
    RECADO_DATA: config.dataDirectory,
    RECADO_SECRET: config.secret,
    RECADO_DEMO: demo ? '1' : '0',
    COUCHDB_URL: couchdb,
    RECADO_PORT: String(ports.syncServer),
    RECADO_INGEST_PORT: String(ports.ingest),
    RECADO_ANALYTICS_PORT: String(ports.analytics),
    RECADO_SIMULATOR_PORT: String(ports.simulator),
    RECADO_COUCHDB_PORT: String(ports.couchdb),
    RECADO_ETL_PORT: String(ports.etl),
    RECADO_ANALYTICS_URL: at(ports.analytics),
    RECADO_INGEST_URL: at(ports.ingest),
    ...(config.clickhouseUrl ? { CLICKHOUSE_URL: config.clickhouseUrl } : {}),
    ...graphUrl(config),
  };

  const store: ChildSpec[] = config.couchdbUrl
    ? []
    : [{ name: 'embedded-couchdb', main: 'embedded-couchdb/src/main.ts', env, readyUrl: `${couchdb}/_up` }];
  const services: ChildSpec[] = [
    ...(demo
      ? [{ name: 'simulator', main: 'simulator/src/main.ts', env, readyUrl: `${at(ports.simulator)}/readyz` }]
      : []),
    ...warehouse(config, env),
    { name: 'ingest', main: 'ingest/src/main.ts', env, readyUrl: `${at(ports.ingest)}/readyz` },
    { name: 'sync-server', main: 'sync-server/src/main.ts', env, readyUrl: `${at(ports.syncServer)}/readyz` },
  ];

  const children: Child[] = [];
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop();
  };
  const logDirectory = join(config.dataDirectory, 'logs');
  try {
    for (const group of [store, services]) {
      for (const spec of group) children.push(keepRunning(spec, { logDirectory, onDeath: options.onDeath }));
      await Promise.all(group.map((spec) => untilReady(spec, options.readyWithinMs ?? 60_000)));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    urls: {
      app: at(ports.syncServer),
      ingest: at(ports.ingest),
      analytics: at(ports.analytics),
      simulator: demo ? at(ports.simulator) : null,
      couchdb,
    },
    children,
    stop,
  };
}

/** The demo talks to the simulator, unless a Graph API is named. */
function graphUrl(config: StackConfig): Record<string, string> {
  if (config.metaGraphUrl) return { META_GRAPH_URL: config.metaGraphUrl };
  return config.demo ? { META_GRAPH_URL: at(config.ports.simulator) } : {};
}

/** One process owns chDB's directory, so ETL and reports share it; with a ClickHouse server they are two. */
function warehouse(config: StackConfig, env: Record<string, string>): ChildSpec[] {
  const analyticsUrl = at(config.ports.analytics);
  if (!config.clickhouseUrl)
    return [{ name: 'analytics-etl', main: 'etl/src/main.ts', env, readyUrl: `${analyticsUrl}/readyz` }];
  return [
    { name: 'analytics', main: 'analytics/src/main.ts', env, readyUrl: `${analyticsUrl}/readyz` },
    { name: 'etl', main: 'etl/src/main.ts', env, readyUrl: `${at(config.ports.etl)}/readyz` },
  ];
}
