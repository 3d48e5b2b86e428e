import type { Level } from './leveldown.ts';
import type { Metadata } from './layout.ts';
import type { Pouch } from './pouch.ts';
import { scanMetadata } from './read-documents.ts';
import { leavesOf } from './revision-tree.ts';

/**
 * Drops the bodies of revisions that have successors, document by document, each in PouchDB's own write turn.
 * (PouchDB's `compact` reads the whole changes feed meanwhile, and a document edited and compacted between two
 * of its reads makes it throw where nobody can catch it.)
 */
export async function compactDocuments(pouch: Pouch, level: Level): Promise<void> {
  for await (const group of scanMetadata(level, { descending: false }, 500)) {
    for (const metadata of group) {
      const outdated = outdatedRevs(metadata);
      if (outdated.length > 0) await compactDocument(pouch, metadata.id, outdated);
    }
  }
}

/** A revision with a successor keeps having one, so this list cannot become wrong while it waits its turn. */
function outdatedRevs(metadata: Metadata): string[] {
  const leaves = new Set(leavesOf(metadata).map((leaf) => leaf.rev));
  return Object.keys(metadata.rev_map).filter((rev) => !leaves.has(rev));
}

function compactDocument(pouch: Pouch, id: string, revs: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    pouch._doCompaction(id, revs, {}, (error) => {
      if (error)
        reject(error instanceof Error ? error : new Error(`Compacting a document failed: ${String(error)}`));
      else resolve();
    });
  });
}
