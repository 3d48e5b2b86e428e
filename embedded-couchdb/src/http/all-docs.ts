import { badRequest, queryParseError } from '../couch-error.ts';
import type { Metadata } from '../store/layout.ts';
import type { Level } from '../store/leveldown.ts';
import { readMetadata, scanMetadata, withBodies } from '../store/read-documents.ts';
import type { IdRange } from '../store/read-documents.ts';
import { conflictsOf } from '../store/revision-tree.ts';
import { asBoolean, asCount, databaseOf, jsonParameter, readPostedObject, sendText } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { createJsonStream } from './json-stream.ts';
import { writeSequence } from './sequence.ts';
import { withMembers } from './with-members.ts';

const rowsPerRead = 500;

interface Question {
  keys: unknown[] | undefined;
  range: IdRange;
  /** Whether the range is bounded, so that where it starts among all documents is unknown. */
  bounded: boolean;
  skip: number;
  limit: number;
  includeDocs: boolean;
  conflicts: boolean;
  updateSeq: boolean;
}

/** `GET /{db}/_all_docs` */
export async function getAllDocs(exchange: Exchange): Promise<void> {
  await answer(exchange, readQuestion(parameterOf(exchange.query, {})));
}

/** `POST /{db}/_all_docs`: members of the body and the query are one set of options. */
export async function postAllDocs(exchange: Exchange): Promise<void> {
  const body = await readPostedObject(exchange);
  await answer(exchange, readQuestion(parameterOf(exchange.query, body)));
}

/** `GET` and `POST /{db}/_design_docs` */
export async function designDocs(exchange: Exchange): Promise<void> {
  const body = exchange.request.method === 'POST' ? await readPostedObject(exchange) : {};
  const question = readQuestion(parameterOf(exchange.query, body));
  question.range = { gte: '_design/', lt: '_design0', descending: question.range.descending };
  await answer(exchange, question);
}

type Parameter = (name: string, alias?: string) => unknown;

const jsonValued = new Set(['key', 'keys', 'startkey', 'endkey', 'start_key', 'end_key']);

function parameterOf(query: URLSearchParams, body: Record<string, unknown>): Parameter {
  const one = (name: string) =>
    name in body
      ? body[name]
      : jsonValued.has(name)
        ? jsonParameter(query, name)
        : (query.get(name) ?? undefined);
  return (name, alias) => one(name) ?? (alias === undefined ? undefined : one(alias));
}

function readQuestion(parameter: Parameter): Question {
  const keys = parameter('keys');
  if (keys !== undefined && !Array.isArray(keys)) throw badRequest('`keys` parameter must be an array.');
  const key = idBound(parameter('key'), 'key');
  const start = key ?? idBound(parameter('startkey', 'start_key'), 'startkey');
  const end = key ?? idBound(parameter('endkey', 'end_key'), 'endkey');
  const descending = asBoolean(parameter('descending'), 'descending') ?? false;
  const inclusive = key !== undefined || (asBoolean(parameter('inclusive_end'), 'inclusive_end') ?? true);
  const range: IdRange = { descending };
  if (start !== undefined) range[descending ? 'lte' : 'gte'] = start;
  if (end !== undefined) range[descending ? (inclusive ? 'gte' : 'gt') : inclusive ? 'lte' : 'lt'] = end;
  return {
    keys,
    range,
    bounded: start !== undefined || end !== undefined,
    skip: asCount(parameter('skip'), 'skip') ?? 0,
    limit: asCount(parameter('limit'), 'limit') ?? Infinity,
    includeDocs: asBoolean(parameter('include_docs'), 'include_docs') ?? false,
    conflicts: asBoolean(parameter('conflicts'), 'conflicts') ?? false,
    updateSeq: asBoolean(parameter('update_seq'), 'update_seq') ?? false,
  };
}

function idBound(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw queryParseError(`\`${name}\` must be a document id, a string`);
  return value;
}

async function answer(exchange: Exchange, question: Question): Promise<void> {
  const database = databaseOf(exchange);
  const { uuid } = await database.settings();
  const { living, updateSeq } = await database.counts();
  const seq = question.updateSeq ? `,"update_seq":"${writeSequence(updateSeq, uuid)}"` : '';

  await database.use(async ({ level }) => {
    if (question.keys) {
      const rows = await rowsOfKeys(level, question, question.keys);
      sendText(
        exchange,
        200,
        `{"total_rows":${living},"offset":null${seq},"rows":[\n${rows.join(',\n')}\n]}\n`,
      );
      return;
    }
    const offset = question.bounded ? null : Math.min(question.skip, living);
    const stream = createJsonStream(exchange.response);
    stream.write(`{"total_rows":${living},"offset":${offset}${seq},"rows":[\n`);
    let separator = '';
    for await (const rows of rowsOfRange(level, question)) {
      stream.write(separator + rows.join(',\n'));
      separator = ',\n';
      await stream.flushIfLarge();
    }
    stream.end('\n]}\n');
  });
}

async function* rowsOfRange(level: Level, question: Question): AsyncGenerator<string[]> {
  let { skip, limit } = question;
  if (limit === 0) return;
  const groupSize = Math.min(rowsPerRead, skip + limit);
  for await (const group of scanMetadata(level, question.range, groupSize)) {
    const living = group.filter((metadata) => !metadata.deleted);
    const wanted = living.slice(skip, skip + limit);
    skip = Math.max(0, skip - living.length);
    limit -= wanted.length;
    if (wanted.length > 0) yield [...(await rowsOf(level, wanted, question)).values()];
    if (limit <= 0) return;
  }
}

/** Rows of living documents, by id, in order. */
async function rowsOf(level: Level, living: Metadata[], question: Question): Promise<Map<string, string>> {
  if (!question.includeDocs) return new Map(living.map((metadata) => [metadata.id, rowOf(metadata, '')]));
  const current = await withBodies(level, living);
  return new Map(
    current.map(({ metadata, body }) => {
      const conflicts = question.conflicts ? conflictsOf(metadata) : [];
      const doc = conflicts.length > 0 ? withMembers(body, { _conflicts: conflicts }) : body;
      return [metadata.id, rowOf(metadata, `,"doc":${doc}`)];
    }),
  );
}

function rowOf({ id, winningRev }: Metadata, tail: string): string {
  const name = JSON.stringify(id);
  return `{"id":${name},"key":${name},"value":{"rev":"${winningRev}"}${tail}}`;
}

/** One row per key in the keys' order: found, deleted (with its revision, and no document) or not found. */
async function rowsOfKeys(level: Level, question: Question, keys: unknown[]): Promise<string[]> {
  const ordered = question.range.descending ? keys.toReversed() : keys;
  const asked = ordered.slice(question.skip, question.skip + question.limit);
  const metadata = await readMetadata(level, asked.map(String));
  const living = metadata.filter((found) => found !== undefined).filter((found) => !found.deleted);
  const rows = await rowsOf(level, living, question);
  return asked.map((key, index) => {
    const found = typeof key === 'string' ? metadata[index] : undefined;
    if (!found) return JSON.stringify({ key, error: 'not_found' });
    const row = rows.get(found.id);
    if (row !== undefined) return row;
    return JSON.stringify({
      id: found.id,
      key,
      value: { rev: found.winningRev, deleted: true },
      ...(question.includeDocs ? { doc: null } : {}),
    });
  });
}
