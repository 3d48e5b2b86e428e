import { z } from 'zod';
import { parseWith } from '../http/read-json.ts';
import { problem } from '../http/problem.ts';

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const count = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** CouchDB's parameters of `_changes`, as far as replication needs them. Unknown ones are ignored, as there. */
const querySchema = z.object({
  feed: z.enum(['normal', 'longpoll', 'continuous']).default('normal'),
  /** Sequences are opaque; the store judges them. */
  since: z.string().max(4_000).default('0'),
  limit: count.optional(),
  include_docs: flag.default(false),
  style: z.enum(['main_only', 'all_docs']).default('main_only'),
  heartbeat: z.union([flag, count]).optional(),
  timeout: count.optional(),
  descending: flag.default(false),
  filter: z.string().optional(),
});

export interface ChangesQuery {
  feed: 'normal' | 'longpoll' | 'continuous';
  since: string;
  limit: number;
  includeDocs: boolean;
  allLeaves: boolean;
  /** ms between newlines while waiting; null: none. */
  heartbeatMs: number | null;
  /** ms after which a waiting answer ends. */
  timeoutMs: number;
}

/**
 * The longest wait for a change. A device asks again at once, and each asking is the sign of life that presence
 * and the session's expiry need; an endless wait would be neither.
 */
export const longestWaitMs = 120_000;
/** CouchDB's default where no heartbeat is asked for. */
const defaultWaitMs = 60_000;

export function parseChangesQuery(parameters: URLSearchParams): ChangesQuery {
  const query = parseWith(querySchema, Object.fromEntries(parameters)) as z.output<typeof querySchema>;
  // Answering another question than the one asked would lose documents without a word.
  if (query.filter !== undefined || query.descending)
    throw problem('invalid_request', 'filter and descending are not served');
  const beats = query.heartbeat !== undefined && query.heartbeat !== false;
  return {
    feed: query.feed,
    since: query.since,
    // CouchDB reads 0 as 1.
    limit: Math.max(1, query.limit ?? Infinity),
    includeDocs: query.include_docs,
    allLeaves: query.style === 'all_docs',
    heartbeatMs: beats
      ? Math.max(1_000, query.heartbeat === true ? defaultWaitMs : Number(query.heartbeat))
      : null,
    timeoutMs: Math.min(query.timeout ?? (beats ? longestWaitMs : defaultWaitMs), longestWaitMs),
  };
}
