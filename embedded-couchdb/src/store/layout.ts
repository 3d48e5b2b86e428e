/**
 * How PouchDB 9's LevelDB adapter lays a database out. PouchDB writes; we also read these keys directly,
 * which is several times cheaper than its streams and gives each document as the JSON text it is stored as.
 *
 *   ÿdocument-storeÿ<id>         metadata of a document: revision tree, winner, its latest sequence
 *   ÿby-sequenceÿ<16 digits>     one revision's body; a document's older sequences stay until compaction
 *   ÿlocal-storeÿ_local/<id>     local documents
 *   ÿmeta-storeÿ…                update sequence and document count, written in the same batch as the documents
 *   ÿrecadoÿdocument_ids         ours: how many ids exist, tombstones included
 */
const store = (name: string) => `\xff${name}\xff`;

export const documents = store('document-store');
export const sequences = store('by-sequence');
export const locals = store('local-store');
export const updateSeqKey = `${store('meta-store')}_local_last_update_seq`;
export const docCountKey = `${store('meta-store')}_local_doc_count`;
export const idCountKey = `${store('recado')}document_ids`;

/** The first key after all keys with this prefix: ids may start with any character, so `ÿ` is not enough. */
export const endOf = (prefix: string) => `${prefix.slice(0, -1)}\u0100`;

export const sequenceKey = (seq: number) => sequences + String(seq).padStart(16, '0');
export const sequenceOf = (key: string) => Number(key.slice(sequences.length));

/** `[hash, {status, deleted}, children]`, PouchDB's node of a revision tree. */
export type TreeNode = [hash: string, state: { status: string; deleted?: boolean }, children: TreeNode[]];

export interface Metadata {
  id: string;
  rev_tree: { pos: number; ids: TreeNode }[];
  /** Revision → sequence of its body. */
  rev_map: Record<string, number>;
  winningRev: string;
  deleted: boolean;
  seq: number;
}
