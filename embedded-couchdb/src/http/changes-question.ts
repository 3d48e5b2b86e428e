import { badRequest, notFound } from '../couch-error.ts';
import type { Change } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import { matchesSelector } from '../store/pouch.ts';
import { asBoolean, asCount, jsonParameter, readPostedObject } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { readSequence } from './sequence.ts';

/** CouchDB's default, and the longest it lets a feed without heartbeat wait. */
const longestTimeout = 60_000;

export interface ChangesQuestion {
  feed: 'normal' | 'longpoll' | 'continuous';
  since: number;
  limit: number;
  descending: boolean;
  includeDocs: boolean;
  conflicts: boolean;
  /** `style=all_docs`: every leaf rather than the winner. */
  allLeaves: boolean;
  /** Milliseconds between newlines; with it there is no timeout. */
  heartbeat: number | undefined;
  timeout: number;
  passes: ((change: Change) => boolean) | undefined;
}

/** What is asked for, from the query and, where posted, `doc_ids` or `selector` from the body. */
export async function readChangesQuestion(exchange: Exchange, database: Database): Promise<ChangesQuestion> {
  const { query } = exchange;
  const body = exchange.request.method === 'POST' ? await readPostedObject(exchange) : {};
  const flag = (name: string) => asBoolean(query.get(name), name) ?? false;
  return {
    feed: readFeed(query.get('feed') ?? 'normal'),
    since: await readSince(exchange, database),
    // CouchDB reads 0 as 1.
    limit: Math.max(1, asCount(query.get('limit'), 'limit') ?? Infinity),
    descending: flag('descending'),
    includeDocs: flag('include_docs'),
    conflicts: flag('conflicts'),
    allLeaves: query.get('style') === 'all_docs',
    heartbeat: readHeartbeat(query.get('heartbeat')),
    timeout: Math.min(asCount(query.get('timeout'), 'timeout') ?? longestTimeout, longestTimeout),
    passes: readFilter(query, body),
  };
}

function readFeed(feed: string): ChangesQuestion['feed'] {
  if (feed === 'normal' || feed === 'longpoll' || feed === 'continuous') return feed;
  throw badRequest('Supported `feed` types: normal, continuous, longpoll');
}

async function readSince({ query, request }: Exchange, database: Database): Promise<number> {
  const since = query.get('since') ?? request.headers['last-event-id']?.toString() ?? '0';
  if (since === 'now') return database.updateSeq();
  return readSequence(since, (await database.settings()).uuid);
}

function readHeartbeat(value: string | null): number | undefined {
  if (value === null || value === 'false') return undefined;
  if (value === 'true') return longestTimeout;
  const interval = asCount(value, 'heartbeat');
  if (interval === undefined || interval === 0)
    throw badRequest('The heartbeat value should be a positive integer (in milliseconds).');
  return interval;
}

function readFilter(query: URLSearchParams, body: Record<string, unknown>): ChangesQuestion['passes'] {
  const filter = query.get('filter');
  if (filter === null) return undefined;
  if (filter === '_doc_ids') return idFilter(body.doc_ids ?? jsonParameter(query, 'doc_ids'));
  if (filter === '_selector') return selectorFilter(body.selector);
  throw notFound(`There is no filter ${filter} here: only _doc_ids and _selector are served.`);
}

function idFilter(ids: unknown): (change: Change) => boolean {
  if (!Array.isArray(ids)) throw badRequest('`doc_ids` filter parameter is not a JSON array.');
  const wanted = new Set(ids as unknown[]);
  return (change) => wanted.has(change.id);
}

function selectorFilter(selector: unknown): (change: Change) => boolean {
  if (typeof selector !== 'object' || selector === null || Array.isArray(selector)) {
    throw badRequest('Selector must be a JSON object');
  }
  // Most selectors name top-level members; all of them need the document itself.
  return (change) => matchesSelector(JSON.parse(change.doc) as object, selector);
}
