import type { Change, Commit } from './commit.ts';

/**
 * The most recent changes of one database, in memory, so that those who follow live never touch the disk.
 *
 *        floor                                   top = the database's update sequence
 *   ───────┤ every change after floor, in order ├───►
 *
 * Invariant: the ring holds every current change with floor < seq ≤ top, and none of it is superseded.
 * Whoever asks from below the floor is told so and must read the store. Commits arrive in their stored order,
 * because PouchDB runs one write at a time and the ring is fed from its batches.
 */
export interface ChangeRing {
  readonly floor: number;
  readonly top: number;
  add(commit: Commit): void;
  /** At most `limit` changes after `since`, or undefined if the ring does not reach back that far. */
  after(since: number, limit: number): Change[] | undefined;
  /** Forgets everything up to and including `seq`. */
  restart(seq: number): void;
}

export interface RingLimits {
  changes: number;
  /** Sum of the documents' JSON lengths. */
  characters: number;
}

export function createChangeRing(limits: RingLimits): ChangeRing {
  let floor = 0;
  let top = 0;
  let start = 0;
  let characters = 0;
  let slots: (Change | undefined)[] = [];
  let order: number[] = [];
  const latest = new Map<string, number>();

  function restart(seq: number): void {
    floor = top = seq;
    start = characters = 0;
    slots = [];
    order = [];
    latest.clear();
  }

  function dropAt(index: number): void {
    const change = slots[index];
    if (!change) return;
    characters -= change.doc.length;
    slots[index] = undefined;
    if (latest.get(change.id) === change.seq) latest.delete(change.id);
  }

  /** Index of the first slot whose sequence is greater. */
  function firstAfter(seq: number): number {
    let low = start;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((order[middle] ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  function shrink(): void {
    while (
      start < order.length &&
      (order.length - start > limits.changes || characters > limits.characters)
    ) {
      floor = order[start] ?? floor;
      dropAt(start);
      start += 1;
    }
    if (start > 1024 && start * 2 > order.length) {
      slots = slots.slice(start);
      order = order.slice(start);
      start = 0;
    }
  }

  return {
    get floor() {
      return floor;
    },
    get top() {
      return top;
    },
    restart,
    add(commit) {
      if (!commit.complete) return restart(commit.updateSeq);
      for (const change of commit.changes) {
        const older = latest.get(change.id);
        if (older !== undefined) dropAt(firstAfter(older - 1));
        slots.push(change);
        order.push(change.seq);
        latest.set(change.id, change.seq);
        characters += change.doc.length;
      }
      top = commit.updateSeq;
      shrink();
    },
    after(since, limit) {
      if (since < floor) return undefined;
      const found: Change[] = [];
      for (let index = firstAfter(since); index < slots.length && found.length < limit; index += 1) {
        const change = slots[index];
        if (change) found.push(change);
      }
      return found;
    },
  };
}
