import { CouchRefused, DocumentConflict } from './faults.ts';
import { readJsonWhileAlive } from './read-while-alive.ts';
import type { CouchRequests } from './requests.ts';

/** A document as it is stored. */
export type Stored<T> = T & { _id: string; _rev: string };
/** A document to write: with `_rev` it replaces that revision, without it must be new. */
export type Unsaved<T> = T & { _id: string; _rev?: string; _deleted?: boolean };

export interface BulkRow {
  id: string;
  /** The new revision, when the document was stored. */
  rev?: string;
  /** `conflict`, `forbidden`, …; absent when stored. */
  error?: string;
  reason?: string;
}

export interface AllDocsRange {
  startKey?: string;
  endKey?: string;
  descending?: boolean;
  limit?: number;
  skip?: number;
}

export interface IdRow {
  id: string;
  rev: string;
}

export interface ChangeRow<T> {
  id: string;
  seq: string;
  deleted: boolean;
  doc: Stored<T> | null;
}

export interface ChangesPage<T> {
  rows: ChangeRow<T>[];
  /** Where the next page starts. */
  lastSeq: string;
}

/**
 * One database. `_all_docs` sorts ids by their bytes on CouchDB (its by-id tree is raw, unlike views, which use
 * ICU) and on the embedded store: ranges over ids are ranges over bytes.
 */
export interface CouchDatabase {
  name: string;
  getOrNull<T>(id: string): Promise<Stored<T> | null>;
  /** @returns the new revision. @throws DocumentConflict when the document is not at `_rev`, or exists. */
  put<T extends object>(doc: Unsaved<T>): Promise<string>;
  /** Writes whatever revision is there: the last writer wins. */
  overwrite<T extends object>(id: string, body: T): Promise<void>;
  /** @throws DocumentConflict. */
  remove(doc: IdRow): Promise<void>;
  /** One row for each document, in order. A conflict is a row, not an error. */
  bulk<T extends object>(docs: readonly Unsaved<T>[], options?: { newEdits?: boolean }): Promise<BulkRow[]>;
  /** As `bulk`, for documents already written as JSON. */
  bulkJson(docs: readonly string[]): Promise<BulkRow[]>;
  /** Documents of a range of ids. */
  allDocs<T>(range?: AllDocsRange): Promise<Stored<T>[]>;
  /** Ids and revisions of a range, without the documents. */
  allIds(range?: AllDocsRange): Promise<IdRow[]>;
  /** The documents of these ids, in order, null where there is none (or it is deleted). */
  getMany<T>(ids: readonly string[]): Promise<(Stored<T> | null)[]>;
  /** One page of changes after `since` (0 or an earlier `lastSeq` or 'now'), with documents. */
  changes<T>(options: { since: string; limit: number; signal?: AbortSignal }): Promise<ChangesPage<T>>;
  /** Waits for changes after `since`. Ends with an empty page when the server ends the wait. */
  longpoll<T>(options: LongpollOptions): Promise<ChangesPage<T>>;
}

export interface LongpollOptions {
  since: string;
  limit: number;
  signal: AbortSignal;
  /** How often the server shows that it lives, ms. Twice and a half that in silence ends the wait. */
  heartbeatMs: number;
}

export function createCouchDatabase({ name, call, fetch }: CouchRequests & { name: string }): CouchDatabase {
  const base = encodeURIComponent(name);

  const getOrNull = async <T>(id: string): Promise<Stored<T> | null> => {
    try {
      return await call<Stored<T>>({ path: `${base}/${documentPath(id)}` });
    } catch (error) {
      if (isMissingDocument(error)) return null;
      throw error;
    }
  };

  const put = async <T extends object>(doc: Unsaved<T>): Promise<string> => {
    try {
      const path = `${base}/${documentPath(doc._id)}`;
      const { rev } = await call<{ rev: string }>({ method: 'PUT', path, body: doc });
      return rev;
    } catch (error) {
      throw isConflict(error) ? new DocumentConflict(doc._id) : error;
    }
  };

  const rowsOf = async <Row>(query: AllDocsRange, withDocs: boolean): Promise<Row[]> => {
    const { startKey, endKey, ...rest } = query;
    const { rows } = await call<{ rows: Row[] }>({
      path: `${base}/_all_docs`,
      query: {
        ...defined(rest),
        ...(startKey === undefined ? {} : { startkey: JSON.stringify(startKey) }),
        ...(endKey === undefined ? {} : { endkey: JSON.stringify(endKey) }),
        ...(withDocs ? { include_docs: true } : {}),
      },
    });
    return rows;
  };

  return {
    name,
    getOrNull,
    put,
    async overwrite(id, body) {
      for (;;) {
        const stored = await getOrNull(id);
        try {
          await put({ ...body, _id: id, ...(stored ? { _rev: stored._rev } : {}) });
          return;
        } catch (error) {
          if (!(error instanceof DocumentConflict)) throw error;
        }
      }
    },
    async remove({ id, rev }) {
      try {
        await call({ method: 'DELETE', path: `${base}/${documentPath(id)}`, query: { rev } });
      } catch (error) {
        // Somebody else has removed it: it has changed since it was read, like any other conflict.
        throw isConflict(error) || isMissingDocument(error) ? new DocumentConflict(id) : error;
      }
    },
    bulk: (docs, { newEdits } = {}) =>
      call({
        method: 'POST',
        path: `${base}/_bulk_docs`,
        body: { docs, ...(newEdits === false ? { new_edits: false } : {}) },
      }),
    bulkJson: (docs) =>
      call({ method: 'POST', path: `${base}/_bulk_docs`, body: `{"docs":[${docs.join(',')}]}` }),
    async allDocs<T>(range: AllDocsRange = {}) {
      return (await rowsOf<{ doc: Stored<T> }>(range, true)).map((row) => row.doc);
    },
    async allIds(range = {}) {
      const rows = await rowsOf<{ id: string; value: { rev: string } }>(range, false);
      return rows.map((row) => ({ id: row.id, rev: row.value.rev }));
    },
    async getMany<T>(ids: readonly string[]) {
      if (ids.length === 0) return [];
      const path = `${base}/_all_docs`;
      const { rows } = await call<{ rows: { doc?: Stored<T> | null }[] }>({
        method: 'POST',
        path,
        query: { include_docs: true },
        body: { keys: ids },
      });
      return rows.map((row) => row.doc ?? null);
    },
    async changes<T>({ since, limit, signal }: { since: string; limit: number; signal?: AbortSignal }) {
      const query = { feed: 'normal', since, limit, include_docs: true };
      return changesPage<T>(await call<RawChanges<T>>({ path: `${base}/_changes`, query, signal }));
    },
    async longpoll<T>({ since, limit, signal, heartbeatMs }: LongpollOptions) {
      const query = new URLSearchParams({
        feed: 'longpoll',
        since,
        limit: String(limit),
        include_docs: 'true',
        heartbeat: String(heartbeatMs),
      });
      const request = (alive: AbortSignal) =>
        fetch(`${base}/_changes?${query.toString()}`, { signal: alive });
      return changesPage<T>(
        await readJsonWhileAlive<RawChanges<T>>(request, { signal, silenceMs: heartbeatMs * 2.5 }),
      );
    },
  };
}

interface RawChanges<T> {
  results: { id: string; seq: string | number; deleted?: boolean; doc?: Stored<T> | null }[];
  last_seq: string | number;
}

const changesPage = <T>(raw: RawChanges<T>): ChangesPage<T> => ({
  rows: raw.results.map(({ id, seq, deleted, doc }) => ({
    id,
    seq: String(seq),
    deleted: deleted ?? false,
    doc: doc ?? null,
  })),
  lastSeq: String(raw.last_seq),
});

/** `_design/x` and `_local/x` keep their slash. */
function documentPath(id: string): string {
  const special = /^(_design|_local)\/(.+)$/s.exec(id);
  return special ? `${special[1]}/${encodeURIComponent(special[2] ?? '')}` : encodeURIComponent(id);
}

/** A missing database is 404 too, but it is no missing document: answering null would hide a wrong set-up. */
const isMissingDocument = (error: unknown): boolean =>
  error instanceof CouchRefused &&
  error.status === 404 &&
  (error.reason === 'missing' || error.reason === 'deleted');

const isConflict = (error: unknown): boolean => error instanceof CouchRefused && error.status === 409;

const defined = (range: Omit<AllDocsRange, 'startKey' | 'endKey'>): Record<string, number | boolean> =>
  Object.fromEntries(Object.entries(range).filter(([, value]) => value !== undefined));
