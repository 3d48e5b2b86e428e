import type { Metadata } from '../store/layout.ts';
import type { Level } from '../store/leveldown.ts';
import { readBodies } from '../store/read-documents.ts';
import { historyOf, leavesOf, leavesUnder } from '../store/revision-tree.ts';
import { withMembers } from './with-members.ts';

/** One revision as JSON text, or that it is not here. */
export type RevisionRow = { ok: string } | { missing: string };

/** Named revisions of a document, or all its leaves; `latest` follows each to the leaves that came of it. */
export async function readRevisions(
  level: Level,
  metadata: Metadata | undefined,
  options: { revs: 'all' | string[]; latest: boolean; history: boolean },
): Promise<RevisionRow[]> {
  const { revs, latest } = options;
  if (!metadata) return revs === 'all' ? [] : revs.map((missing) => ({ missing }));
  const wanted =
    revs === 'all'
      ? leavesOf(metadata).map((leaf) => leaf.rev)
      : latest
        ? [...new Set(revs.flatMap((rev) => orItself(leavesUnder(metadata, rev), rev)))]
        : revs;
  const bodies = await readBodies(
    level,
    wanted.map((rev) => ({ metadata, rev })),
  );
  return wanted.map((rev, index) => {
    const body = bodies[index];
    if (body === undefined) return { missing: rev };
    return { ok: options.history ? withHistory(body, metadata, rev) : body };
  });
}

function withHistory(body: string, metadata: Metadata, rev: string): string {
  const history = historyOf(metadata, rev);
  return history ? withMembers(body, { _revisions: { start: history.start, ids: history.ids } }) : body;
}

const orItself = (found: string[], rev: string) => (found.length > 0 ? found : [rev]);
