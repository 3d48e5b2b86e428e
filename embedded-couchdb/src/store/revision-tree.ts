import type { Metadata, TreeNode } from './layout.ts';

export interface Leaf {
  rev: string;
  deleted: boolean;
}

export const generation = (rev: string) => Number.parseInt(rev, 10);

/** Leaves with the winner first, then as CouchDB orders them: living before deleted, higher before lower. */
export function leavesOf(metadata: Metadata): Leaf[] {
  const root = metadata.rev_tree[0];
  if (metadata.rev_tree.length === 1 && root && isLine(root.ids)) {
    return [{ rev: metadata.winningRev, deleted: metadata.deleted }];
  }
  const leaves: Leaf[] = [];
  for (const { rev, node } of nodesOf(metadata)) {
    if (node[2].length === 0) leaves.push({ rev, deleted: node[1].deleted === true });
  }
  return leaves.sort((a, b) => Number(a.deleted) - Number(b.deleted) || compareRevs(b.rev, a.rev));
}

/** Living leaves other than the winner. */
export function conflictsOf(metadata: Metadata): string[] {
  return leavesOf(metadata)
    .filter((leaf) => !leaf.deleted && leaf.rev !== metadata.winningRev)
    .map((leaf) => leaf.rev);
}

export function deletedConflictsOf(metadata: Metadata): string[] {
  return leavesOf(metadata)
    .filter((leaf) => leaf.deleted && leaf.rev !== metadata.winningRev)
    .map((leaf) => leaf.rev);
}

export function allRevsOf(metadata: Metadata): Set<string> {
  const revs = new Set<string>();
  for (const { rev } of nodesOf(metadata)) revs.add(rev);
  return revs;
}

/** From this revision back to the oldest that is known, or undefined if the revision is unknown. */
export function historyOf(
  metadata: Metadata,
  rev: string,
): { start: number; ids: string[]; states: { status: string; deleted?: boolean }[] } | undefined {
  for (const { rev: found, path } of nodesOf(metadata)) {
    if (found !== rev) continue;
    const line: TreeNode[] = [];
    for (let step: Path | undefined = path; step; step = step.parent) line.push(step.node);
    return { start: generation(rev), ids: line.map((node) => node[0]), states: line.map((node) => node[1]) };
  }
  return undefined;
}

/** Leaves that descend from this revision, itself included: what `latest=true` asks for. */
export function leavesUnder(metadata: Metadata, rev: string): string[] {
  const found: string[] = [];
  for (const leaf of leavesOf(metadata)) {
    const history = historyOf(metadata, leaf.rev);
    const wanted = (history?.start ?? 0) - generation(rev);
    if (history && wanted >= 0 && history.ids[wanted] === rev.slice(rev.indexOf('-') + 1))
      found.push(leaf.rev);
  }
  return found;
}

export function isDeletedRev(metadata: Metadata, rev: string): boolean {
  if (rev === metadata.winningRev) return metadata.deleted;
  for (const { rev: found, node } of nodesOf(metadata)) if (found === rev) return node[1].deleted === true;
  return false;
}

interface Path {
  node: TreeNode;
  parent: Path | undefined;
}

/** Iterative: a tree may be a thousand revisions deep. */
function* nodesOf(metadata: Metadata): Generator<{ rev: string; node: TreeNode; path: Path }> {
  const open: { pos: number; path: Path }[] = metadata.rev_tree.map((root) => ({
    pos: root.pos,
    path: { node: root.ids, parent: undefined },
  }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { pos, path } = next;
    yield { rev: `${pos}-${path.node[0]}`, node: path.node, path };
    for (const child of path.node[2]) open.push({ pos: pos + 1, path: { node: child, parent: path } });
  }
}

function isLine(node: TreeNode): boolean {
  let at: TreeNode | undefined = node;
  while (at && at[2].length === 1) at = at[2][0];
  return at !== undefined && at[2].length === 0;
}

function compareRevs(a: string, b: string): number {
  return generation(a) - generation(b) || (a < b ? -1 : a > b ? 1 : 0);
}
