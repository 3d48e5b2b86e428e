import { join } from 'node:path';
import { z } from 'zod';
import { demoNumber, type BusinessNumber } from './numbers.ts';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);

const Environment = z.object({
  RECADO_SIMULATOR_PORT: port(3003),
  RECADO_SIMULATOR_HOST: z.string().default('127.0.0.1'),
  RECADO_INGEST_PORT: port(3001),
  /** Where webhooks go; wins over the port. */
  RECADO_INGEST_URL: z.url().optional(),
  RECADO_DATA: z.string().default('./data'),
  RECADO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type Config = {
  port: number;
  host: string;
  webhookUrl: string;
  dataDirectory: string;
  logLevel: string;
  numbers: BusinessNumber[];
};

export const readConfig = (environment: NodeJS.ProcessEnv = process.env): Config => {
  const env = Environment.parse(environment);
  const ingest = env.RECADO_INGEST_URL ?? `http://127.0.0.1:${env.RECADO_INGEST_PORT}`;
  return {
    port: env.RECADO_SIMULATOR_PORT,
    host: env.RECADO_SIMULATOR_HOST,
    // Only an origin was given: the path is where ingest listens for Meta.
    webhookUrl: new URL(ingest).pathname === '/' ? new URL('/webhooks/meta', ingest).href : ingest,
    dataDirectory: join(env.RECADO_DATA, 'simulator'),
    logLevel: env.RECADO_LOG_LEVEL,
    numbers: [demoNumber],
  };
};
