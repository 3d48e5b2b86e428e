import { join, resolve } from 'node:path';
import { z } from 'zod';

/** The only place that reads the environment. A wrong or missing value is told by name, before anything starts. */
const flag = z.enum(['0', '1', 'true', 'false', '']).transform((text) => text === '1' || text === 'true');
const port = z.coerce.number().int().min(0).max(65_535);

const environmentSchema = z.object({
  COUCHDB_URL: z.url({ protocol: /^https?$/ }),
  RECADO_PORT: port.default(3000),
  RECADO_HOST: z.string().default('127.0.0.1'),
  RECADO_DEMO: flag.default(false),
  RECADO_SECRET: z.string().min(16).optional(),
  RECADO_DATA: z.string().default('./data'),
  RECADO_ANALYTICS_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:3002'),
  RECADO_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  RECADO_MEDIA_MAX_BYTES: z.coerce.number().int().positive().default(100_000_000),
  RECADO_PWA: z.string().default(join(import.meta.dirname, '../../pwa/build')),
  RECADO_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

/** The demo's secret is public, which is why the demo listens on loopback. */
const demoSecret = 'recado-demo-secret-not-for-production';

export type Config = ReturnType<typeof readConfig>;

/** @throws Error that names every variable at fault. */
export function readConfig(environment: Record<string, string | undefined> = process.env) {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the environment is not valid\n  ${faults.join('\n  ')}`);
  }
  const env = parsed.data;
  const demo = env.RECADO_DEMO;
  const secret = env.RECADO_SECRET ?? (demo ? demoSecret : null);
  if (secret === null)
    throw new Error('RECADO_SECRET is missing (at least 16 characters; only the demo goes without)');
  const publicUrl = env.RECADO_PUBLIC_URL ?? null;
  return {
    couchUrl: env.COUCHDB_URL,
    port: env.RECADO_PORT,
    host: env.RECADO_HOST,
    demo,
    secret,
    mediaDirectory: resolve(env.RECADO_DATA, 'media'),
    mediaMaxBytes: env.RECADO_MEDIA_MAX_BYTES,
    analyticsUrl: env.RECADO_ANALYTICS_URL.replace(/\/+$/, ''),
    publicUrl,
    // Without TLS in sight only the demo on loopback may do without `Secure`.
    secureCookies: publicUrl === null ? !demo : publicUrl.startsWith('https:'),
    pwaDirectory: resolve(env.RECADO_PWA),
    logLevel: env.RECADO_LOG_LEVEL,
  };
}
