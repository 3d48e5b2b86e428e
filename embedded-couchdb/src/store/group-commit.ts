/**
 * Writes of different requests share one fsync: while a commit is under way those who come wait, and the next
 * commit takes them all. So latency stays that of two commits and throughput grows with load.
 *
 * Within one commit documents keep their order of arrival, so two writers of one id meet as they would have
 * one after the other: the second gets the conflict.
 */
export function createGroupCommit<Item, Row>(deps: {
  commit: (items: Item[]) => Promise<Row[]>;
  /** A commit takes waiting requests until it holds this many items; one request is never split. */
  maxItems: number;
}): (items: Item[]) => Promise<Row[]> {
  interface Request {
    items: Item[];
    resolve: (rows: Row[]) => void;
    reject: (error: unknown) => void;
  }
  const waiting: Request[] = [];
  let running = false;

  function takeGroup(): Request[] {
    let size = 0;
    let count = 0;
    for (const request of waiting) {
      if (count > 0 && size + request.items.length > deps.maxItems) break;
      size += request.items.length;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  async function commitGroup(group: Request[]): Promise<void> {
    try {
      const rows = await deps.commit(group.flatMap((request) => request.items));
      let at = 0;
      for (const request of group) request.resolve(rows.slice(at, (at += request.items.length)));
    } catch (error) {
      if (group.length === 1) return group[0]?.reject(error);
      // One request's fault must not fail the others: a failed batch wrote nothing, so each may go alone.
      for (const request of group) await commitGroup([request]);
    }
  }

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) await commitGroup(takeGroup());
    running = false;
  }

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject });
      if (!running) void run();
    });
}
