import { SyncStopped } from './connection.ts';

/**
 * One long poll for all collections. RxDB asks one long poll per collection; each of those is answered from here.
 *
 *                       ┌────────────── next('msg', since) ── RxDB's loop of msg
 *   /sync/feed ─► rows ─┤ buffer per collection
 *                       └────────────── next('conv', since) ─ RxDB's loop of conv
 *
 * Invariants
 * 1. `position` of a member is a sequence after which every row of its collection is in its buffer, or is still
 *    to come through the feed. It is null while that is not known.
 * 2. Whoever asks from another sequence than `position` is first caught up by a request of its own. Its buffer
 *    was open before that request began, and the feed's cursor was then no later than the store's end, so that
 *    what the request no longer saw is in the buffer: nothing is lost, whatever the order.
 * 3. A row may be delivered twice, and then its last delivery is its newest state; it is never left out.
 * 4. Sequences are opaque. They are compared only to leave out repetitions, which harms nothing when it fails.
 */
export type Sequence = string | number;
export interface ChangeRow {
  id: string;
  seq: Sequence;
  doc?: unknown;
  deleted?: boolean;
}
export interface Changes {
  results: ChangeRow[];
  last_seq: Sequence;
}

export interface SharedFeedDeps {
  /** Long poll over all collections. Rejects on trouble; waiting before a retry is its own affair. */
  poll: (since: Sequence) => Promise<Changes>;
  /** One collection's rows after `since`, at once. */
  catchUp: (collection: string, since: Sequence, limit: number) => Promise<Changes>;
  ended: AbortSignal;
}

interface Member {
  position: string | null;
  buffer: ChangeRow[];
  /** The feed's cursor when the last row of the buffer came. */
  reach: Sequence;
  waiting: Array<() => void>;
}

/** A member that stopped asking is caught up later rather than buffered without bound. */
const bufferLimit = 2_000;

export function createSharedFeed({ poll, catchUp, ended }: SharedFeedDeps) {
  const members = new Map<string, Member>();
  let cursor: Sequence | null = null;

  /** The collection's rows after `since`, as soon as there are any. Rejects with SyncStopped at the end. */
  async function next(collection: string, since: Sequence, limit: number): Promise<Changes> {
    const member = join(collection, since);
    let from = since;
    for (;;) {
      if (ended.aborted) throw new SyncStopped();
      if (member.position !== String(from)) {
        const page = await catchUpMember(member, collection, from, limit);
        if (page.results.length > 0) return page;
        from = page.last_seq;
      } else if (member.buffer.length > 0) {
        return drain(member);
      } else {
        await arrival(member);
      }
    }
  }

  function join(collection: string, since: Sequence): Member {
    let member = members.get(collection);
    if (!member) {
      member = { position: null, buffer: [], reach: since, waiting: [] };
      members.set(collection, member);
    }
    if (cursor === null) {
      // The first one's own position is never later than the store's end (invariant 2).
      cursor = since;
      void run();
    }
    return member;
  }

  async function catchUpMember(
    member: Member,
    collection: string,
    from: Sequence,
    limit: number,
  ): Promise<Changes> {
    member.position = null;
    const page = await catchUp(collection, from, limit);
    const seen = new Map(page.results.map((row) => [row.id, ordinal(row.seq)]));
    member.buffer = member.buffer.filter((row) => !(ordinal(row.seq) <= (seen.get(row.id) ?? -1)));
    // A full page is not the end: the next question, from there, is caught up again.
    if (page.results.length < limit) member.position = String(page.last_seq);
    return page;
  }

  function drain(member: Member): Changes {
    const latest = new Map<string, ChangeRow>();
    for (const row of member.buffer) {
      latest.delete(row.id);
      latest.set(row.id, row);
    }
    member.buffer = [];
    member.position = String(member.reach);
    return { results: [...latest.values()], last_seq: member.reach };
  }

  const arrival = (member: Member): Promise<void> => new Promise((resolve) => member.waiting.push(resolve));

  async function run(): Promise<void> {
    ended.addEventListener('abort', () => [...members.values()].forEach(wake), { once: true });
    while (!ended.aborted) {
      const changes = await poll(cursor!).catch(() => null);
      if (!changes) {
        // `poll` waits before it asks again; this only lets other work through should it fail at once.
        await Promise.resolve();
        continue;
      }
      cursor = changes.last_seq;
      for (const row of changes.results) keep(row, changes.last_seq);
      for (const member of members.values()) if (member.buffer.length > 0) wake(member);
    }
  }

  function keep(row: ChangeRow, reach: Sequence): void {
    const member = members.get(row.id.slice(0, row.id.indexOf('.')));
    if (!member) return;
    member.buffer.push(row);
    member.reach = reach;
    if (member.buffer.length > bufferLimit) Object.assign(member, { buffer: [], position: null });
  }

  const wake = (member: Member): void => member.waiting.splice(0).forEach((resolve) => resolve());

  return { next };
}

/** The number at the head of a sequence: `12` and `12-g1AAAA` are both 12. NaN compares as unknown. */
const ordinal = (sequence: Sequence): number => Number.parseInt(String(sequence), 10);
