import { createRequire } from 'node:module';

/** The part of PouchDB 9 that we use. It ships no types. */
export interface Pouch {
  bulkDocs(request: { docs: object[] }, options: { new_edits: boolean }): Promise<PouchRow[]>;
  info(): Promise<{ doc_count: number; update_seq: number }>;
  close(): Promise<void>;
  createIndex(request: object): Promise<{ result: string; id: string; name: string }>;
  getIndexes(): Promise<{ total_rows: number; indexes: object[] }>;
  deleteIndex(index: object): Promise<{ ok: true }>;
  find(request: object): Promise<{ docs: object[]; warning?: string }>;
  explain(request: object): Promise<object>;
  /** Answers through the callback, or by the promise it returns when asked by keys. */
  _allDocs(options: Record<string, unknown>, callback: (error: unknown, result: unknown) => void): unknown;
  _doCompaction(id: string, revs: string[], options: object, callback: (error?: unknown) => void): void;
  /** Opened indexes, kept by pouchdb-find. Closing the database does not close them: we do. */
  _cachedViews?: Record<string, Promise<{ db: Pouch }>>;
}

export type PouchRow =
  | { ok: true; id: string; rev: string }
  | { error: true | string; status: number; name: string; message: string; reason?: string; id?: string };

interface PouchConstructor {
  new (name: string, options: object): Pouch;
  plugin(plugin: object): PouchConstructor;
}

const require = createRequire(import.meta.url);
export const PouchDB = (require('pouchdb') as PouchConstructor).plugin(require('pouchdb-find') as object);

// Mango's matcher is pouchdb-find's own dependency, and resolved as such.
const selectorCore = createRequire(require.resolve('pouchdb-find'))('pouchdb-selector-core') as {
  matchesSelector(document: object, selector: object): boolean;
};
export const matchesSelector = selectorCore.matchesSelector;
