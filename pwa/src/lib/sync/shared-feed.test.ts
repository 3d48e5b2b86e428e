import { describe, expect, it } from 'vitest';
import { createSharedFeed, type Changes } from './shared-feed.ts';
import { SyncStopped } from './connection.ts';

/** A feed whose polls and catch-ups are answered by hand, to fix the order in which things happen. */
function byHand() {
  const ending = new AbortController();
  const polls: Array<{ since: unknown; answer: (changes: Changes) => void; fail: () => void }> = [];
  const catchUps: Array<{
    collection: string;
    since: unknown;
    answer: (changes: Changes) => void;
    fail: () => void;
  }> = [];
  const feed = createSharedFeed({
    ended: ending.signal,
    poll: (since) =>
      new Promise((resolve, reject) =>
        polls.push({ since, answer: resolve, fail: () => reject(new Error('lost')) }),
      ),
    catchUp: (collection, since) =>
      new Promise((resolve, reject) =>
        catchUps.push({ collection, since, answer: resolve, fail: () => reject(new Error('lost')) }),
      ),
  });
  return { feed, polls, catchUps, end: () => ending.abort() };
}

const row = (id: string, seq: number, version = seq) => ({ id, seq, doc: { _id: id, version } });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the shared feed', () => {
  it('delivers what came through the feed while a collection was being caught up', async () => {
    const { feed, polls, catchUps } = byHand();
    const first = feed.next('msg', 5, 100);
    await settled();
    expect(polls[0]?.since).toBe(5);
    // Written after the catch-up was answered by the server, told by the feed before that answer arrived.
    polls[0]!.answer({ results: [row('msg.a', 7)], last_seq: 7 });
    await settled();
    catchUps[0]!.answer({ results: [], last_seq: 6 });
    expect(await first).toEqual({ results: [row('msg.a', 7)], last_seq: 7 });
  });

  it('does not repeat what the catch-up has already told in a newer or the same state', async () => {
    const { feed, polls, catchUps } = byHand();
    const first = feed.next('msg', 5, 100);
    await settled();
    polls[0]!.answer({ results: [row('msg.a', 7), row('msg.b', 8)], last_seq: 8 });
    await settled();
    catchUps[0]!.answer({ results: [row('msg.a', 9)], last_seq: 9 });
    expect(await first).toEqual({ results: [row('msg.a', 9)], last_seq: 9 });
    expect((await feed.next('msg', 9, 100)).results).toEqual([row('msg.b', 8)]);
  });

  it('goes on catching up while pages are full, and keeps what came meanwhile', async () => {
    const { feed, polls, catchUps } = byHand();
    const first = feed.next('msg', 0, 2);
    await settled();
    polls[0]!.answer({ results: [row('msg.z', 50)], last_seq: 50 });
    catchUps[0]!.answer({ results: [row('msg.a', 1), row('msg.b', 2)], last_seq: 2 });
    expect((await first).last_seq).toBe(2);
    const second = feed.next('msg', 2, 2);
    await settled();
    expect(catchUps[1]?.since).toBe(2);
    catchUps[1]!.answer({ results: [row('msg.c', 3)], last_seq: 49 });
    expect((await second).results).toEqual([row('msg.c', 3)]);
    expect((await feed.next('msg', 49, 2)).results).toEqual([row('msg.z', 50)]);
  });

  it('gives each collection only its own rows, and a document twice changed once, as it is now', async () => {
    const { feed, polls, catchUps } = byHand();
    const conv = feed.next('conv', 5, 100);
    const msg = feed.next('msg', 5, 100);
    await settled();
    catchUps.forEach(({ answer }) => answer({ results: [], last_seq: 5 }));
    await settled();
    polls[0]!.answer({ results: [row('conv.a', 6, 1), row('msg.a', 7), row('conv.a', 8, 2)], last_seq: 8 });
    expect((await conv).results).toEqual([row('conv.a', 8, 2)]);
    expect((await msg).results).toEqual([row('msg.a', 7)]);
  });

  it('asks again from the same place after a lost poll', async () => {
    const { feed, polls, catchUps } = byHand();
    const first = feed.next('msg', 5, 100);
    await settled();
    catchUps[0]!.answer({ results: [], last_seq: 5 });
    polls[0]!.fail();
    await settled();
    expect(polls[1]?.since).toBe(5);
    polls[1]!.answer({ results: [row('msg.a', 6)], last_seq: 6 });
    expect((await first).last_seq).toBe(6);
  });

  it('tells who asked when a catch-up is lost, and catches up again at the next question', async () => {
    const { feed, catchUps } = byHand();
    const first = feed.next('msg', 5, 100);
    await settled();
    catchUps[0]!.fail();
    await expect(first).rejects.toThrow('lost');
    void feed.next('msg', 5, 100);
    await settled();
    expect(catchUps).toHaveLength(2);
  });

  it('lets nobody wait after the end', async () => {
    const { feed, catchUps, end } = byHand();
    const waiting = feed.next('msg', 5, 100);
    await settled();
    catchUps[0]!.answer({ results: [], last_seq: 5 });
    await settled();
    end();
    await expect(waiting).rejects.toBeInstanceOf(SyncStopped);
    await expect(feed.next('msg', 5, 100)).rejects.toBeInstanceOf(SyncStopped);
  });
});
