import { z } from 'zod';

/** The environment, read once and checked. @throws an Error that names what is missing or wrong. */
const schema = z.object({
  COUCHDB_URL: z.url({
    protocol: /^https?$/,
    error: 'the address of CouchDB, as http://user:password@host:5984',
  }),
  RECADO_SECRET: z.string({ error: 'the secret of this installation' }).min(8, 'at least 8 characters'),
  RECADO_DATA: z.string().min(1).default('./data'),
  RECADO_HOST: z.string().min(1).default('127.0.0.1'),
  RECADO_INGEST_PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  META_GRAPH_URL: z.url({ protocol: /^https?$/ }).default('https://graph.facebook.com'),
  META_TIMEOUT_MS: z.coerce.number().int().min(100).default(20_000),
  RECADO_MEDIA_MAX_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(100 * 1024 * 1024),
  RECADO_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Config = z.infer<typeof schema>;

export function readConfig(environment: Record<string, string | undefined> = process.env): Config {
  // An empty variable is one that is not set: that is how compose files and shells leave things out.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The configuration is not complete.\n${problems.join('\n')}`);
}
