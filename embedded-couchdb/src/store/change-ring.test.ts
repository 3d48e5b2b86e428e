import { describe, expect, it } from 'vitest';
import { createChangeRing } from './change-ring.ts';
import type { ChangeRing } from './change-ring.ts';
import type { Change } from './commit.ts';

const change = (seq: number, id: string, doc = '{}'): Change => ({
  seq,
  id,
  winningRev: `1-${seq}`,
  deleted: false,
  leaves: [],
  doc,
});
const add = (ring: ChangeRing, ...changes: Change[]): void =>
  ring.add({ updateSeq: changes.at(-1)?.seq ?? 0, docCount: 0, newIds: 0, changes, complete: true });
const seqs = (changes: Change[] | undefined) => changes?.map(({ seq }) => seq);

describe('the ring of recent changes', () => {
  it('gives what came after a sequence, in order, as many as asked for', () => {
    const ring = createChangeRing({ changes: 10, characters: 1000 });
    add(ring, change(1, 'a'), change(2, 'b'));
    add(ring, change(3, 'c'));
    expect(seqs(ring.after(0, 10))).toEqual([1, 2, 3]);
    expect(seqs(ring.after(1, 1))).toEqual([2]);
    expect(seqs(ring.after(3, 10))).toEqual([]);
  });

  it('leaves out what a later change of the same document superseded', () => {
    const ring = createChangeRing({ changes: 10, characters: 1000 });
    add(ring, change(1, 'a'), change(2, 'b'));
    add(ring, change(3, 'a'));
    expect(seqs(ring.after(0, 10))).toEqual([2, 3]);
    add(ring, change(4, 'a'));
    expect(seqs(ring.after(0, 10))).toEqual([2, 4]);
  });

  it('says that it does not reach back to what it dropped', () => {
    const ring = createChangeRing({ changes: 3, characters: 1000 });
    for (let seq = 1; seq <= 5; seq += 1) add(ring, change(seq, `doc-${seq}`));
    expect(ring.floor).toBe(2);
    expect(ring.after(1, 10)).toBeUndefined();
    expect(seqs(ring.after(2, 10))).toEqual([3, 4, 5]);
  });

  it('holds no more text than it may', () => {
    const ring = createChangeRing({ changes: 100, characters: 100 });
    for (let seq = 1; seq <= 5; seq += 1) add(ring, change(seq, `doc-${seq}`, 'x'.repeat(40)));
    expect(seqs(ring.after(3, 10))).toEqual([4, 5]);
    expect(ring.after(2, 10)).toBeUndefined();
    add(ring, change(6, 'large', 'x'.repeat(500)));
    expect(ring.after(5, 10)).toBeUndefined();
    expect(ring.after(6, 10)).toEqual([]);
  });

  it('begins anew after a commit that it does not know whole', () => {
    const ring = createChangeRing({ changes: 10, characters: 1000 });
    add(ring, change(1, 'a'));
    ring.add({ updateSeq: 2, docCount: 1, newIds: 0, changes: [], complete: false });
    expect(ring.after(1, 10)).toBeUndefined();
    expect(ring.after(2, 10)).toEqual([]);
    add(ring, change(3, 'c'));
    expect(seqs(ring.after(2, 10))).toEqual([3]);
  });

  it('stays right while thousands pass through it', () => {
    const ring = createChangeRing({ changes: 50, characters: 100_000 });
    for (let seq = 1; seq <= 10_000; seq += 1) add(ring, change(seq, `doc-${seq % 30}`));
    expect(seqs(ring.after(9_990, 100))).toEqual(Array.from({ length: 10 }, (_, n) => 9_991 + n));
    expect(seqs(ring.after(ring.floor, 100))).toEqual(Array.from({ length: 30 }, (_, n) => 9_971 + n));
  });
});
