import type { Pouch, PouchRow } from './pouch.ts';

interface Item {
  document: { _id: string };
  /** Its place in the request, where its row belongs. */
  index: number;
}

/**
 * Writes documents as one commit, or as few as can be.
 *
 * - CouchDB gives the documents of one commit their sequences in the order of their ids. So do we, lest somebody
 *   come to rely on another.
 * - Two documents of one id never go into one bulk of PouchDB: when it refuses the first it has already grafted
 *   the refused revision onto the tree that it then writes for the second, a leaf without a body. Those who come
 *   second for an id go into a second commit, and so on.
 */
export async function writeInteractively(pouch: Pouch, documents: { _id: string }[]): Promise<PouchRow[]> {
  const rows = new Array<PouchRow>(documents.length);
  for (const turn of turnsOf(documents)) {
    turn.sort((a, b) => (a.document._id < b.document._id ? -1 : 1));
    const written = await pouch.bulkDocs({ docs: turn.map(({ document }) => document) }, { new_edits: true });
    turn.forEach(({ index }, at) => {
      const row = written[at];
      if (row) rows[index] = row;
    });
  }
  return rows;
}

/** The first documents of each id, then the second ones, and so on. */
function turnsOf(documents: { _id: string }[]): Item[][] {
  const turns: Item[][] = [];
  const met = new Map<string, number>();
  documents.forEach((document, index) => {
    const turn = met.get(document._id) ?? 0;
    met.set(document._id, turn + 1);
    (turns[turn] ??= []).push({ document, index });
  });
  return turns;
}
