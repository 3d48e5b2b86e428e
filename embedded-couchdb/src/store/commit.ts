import { docCountKey, documents, sequenceOf, sequences, updateSeqKey } from './layout.ts';
import type { Metadata } from './layout.ts';
import type { Operation } from './leveldown.ts';
import { leavesOf } from './revision-tree.ts';

/** One row of the changes feed: a document's latest state under the sequence of its latest revision. */
export interface Change {
  seq: number;
  id: string;
  winningRev: string;
  deleted: boolean;
  /** Every leaf, winner first. */
  leaves: { rev: string; deleted: boolean }[];
  /** The winning revision as stored: JSON text with `_id`, `_rev` and, for a tombstone, `_deleted`. */
  doc: string;
}

export interface Commit {
  updateSeq: number;
  docCount: number;
  /** Ids that did not exist before. */
  newIds: number;
  /** In ascending sequence. */
  changes: Change[];
  /** False when a winner was written earlier, so that its body is not part of this commit. */
  complete: boolean;
}

/** What a batch of PouchDB's means, or undefined if it changes no document (compaction, opening). */
export function readCommit(operations: Operation[]): Commit | undefined {
  let updateSeq: number | undefined;
  let docCount = 0;
  const bodies = new Map<number, string>();
  const written: Metadata[] = [];
  for (const { type, key, value } of operations) {
    if (type !== 'put' || value === undefined) continue;
    if (key.startsWith(sequences)) bodies.set(sequenceOf(key), value);
    else if (key.startsWith(documents)) written.push(JSON.parse(value) as Metadata);
    else if (key === updateSeqKey) updateSeq = Number(value);
    else if (key === docCountKey) docCount = Number(value);
  }
  if (updateSeq === undefined) return undefined;
  const commit: Commit = { updateSeq, docCount, newIds: 0, changes: [], complete: true };
  for (const metadata of written.sort((a, b) => a.seq - b.seq)) {
    if (!bodies.has(metadata.seq)) continue;
    if (Object.values(metadata.rev_map).every((seq) => bodies.has(seq))) commit.newIds += 1;
    const doc = bodies.get(metadata.rev_map[metadata.winningRev] ?? -1);
    if (doc === undefined) commit.complete = false;
    else commit.changes.push(changeOf(metadata, doc));
  }
  return commit;
}

export function changeOf(metadata: Metadata, doc: string): Change {
  return {
    seq: metadata.seq,
    id: metadata.id,
    winningRev: metadata.winningRev,
    deleted: metadata.deleted,
    leaves: leavesOf(metadata),
    doc,
  };
}
