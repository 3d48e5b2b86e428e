import { resolve } from 'node:path';
import { z } from 'zod';
import type { WarehouseLocation } from './connect.ts';

const schema = z.object({
  RECADO_HOST: z.string().min(1).default('127.0.0.1'),
  RECADO_ANALYTICS_PORT: z.coerce.number().int().min(0).max(65_535).default(3002),
  RECADO_DATA: z.string().min(1).default('./data'),
  RECADO_SECRET: z.string().min(1, 'the installation’s secret, the same for every service'),
  RECADO_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
});

export interface AnalyticsConfig {
  host: string;
  port: number;
  secret: string;
  logLevel: string;
  warehouse: WarehouseLocation;
}

/** @throws with every wrong or missing variable named. */
export function readAnalyticsConfig(environment: NodeJS.ProcessEnv = process.env): AnalyticsConfig {
  // An empty variable is an unset one: that is how .env files and compose leave them.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new Error(`wrong configuration:\n${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    host: data.RECADO_HOST,
    port: data.RECADO_ANALYTICS_PORT,
    secret: data.RECADO_SECRET,
    logLevel: data.RECADO_LOG_LEVEL,
    warehouse: data.CLICKHOUSE_URL
      ? { url: data.CLICKHOUSE_URL }
      : { directory: resolve(data.RECADO_DATA, 'chdb') },
  };
}
