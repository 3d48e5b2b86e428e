import { join } from 'node:path';
import { z } from 'zod';

const environment = z.object({
  RECADO_DATA: z.string().min(1).default('./data'),
  RECADO_COUCHDB_PORT: z.coerce.number().int().min(0).max(65535).default(3004),
  /** Not a choice: named so that whoever sets it learns that this store is for its own machine only. */
  RECADO_COUCHDB_HOST: z.enum(['127.0.0.1', 'localhost']).optional(),
});

export interface Config {
  directory: string;
  port: number;
}

/** Throws, naming each variable that is wrong. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new Error(`Wrong configuration of the embedded CouchDB:\n${z.prettifyError(parsed.error)}`);
  }
  return { directory: join(parsed.data.RECADO_DATA, 'couchdb'), port: parsed.data.RECADO_COUCHDB_PORT };
}
