import { emptyHead, findChainFault, type Head } from '@recado/domain/commit/chain';
import type { Commit } from '@recado/domain/commit/commit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommitBatch, type EventStore, VersionConflict } from './event-store.ts';
import { verifyStream, verifyStreams } from './verify-stream.ts';

/** What every event store must do. `open` gives an empty store of its own and a way to close it. */
export function eventStoreContract(
  name: string,
  open: () => Promise<{ store: EventStore; close: () => Promise<void> }>,
): void {
  describe(`an event store ${name}`, () => {
    let store: EventStore;
    let close: () => Promise<void>;
    let made = 0;
    /** A stream name that no other test uses. */
    const newStream = (prefix = 'contact'): string => `${prefix}.s${++made}`;

    beforeAll(async () => {
      ({ store, close } = await open());
    });
    afterAll(async () => {
      await close();
    });

    const draft = (stream: string, head: Head, note = 'hola') => ({
      stream,
      head,
      at: '2026-11-20T14:03:00.000Z',
      actor: { kind: 'system' as const, id: 'test' },
      cause: { event: 'test' },
      events: [{ type: 'NoteTaken', data: { note } }],
    });
    const append = (stream: string, head: Head, note?: string): Promise<Commit> =>
      store.append(draft(stream, head, note));
    const appendMany = async (stream: string, count: number): Promise<Commit[]> => {
      const commits: Commit[] = [];
      let head = emptyHead;
      for (let version = 1; version <= count; version++) {
        const commit = await append(stream, head, `note ${version}`);
        commits.push(commit);
        head = commit;
      }
      return commits;
    };
    const collect = async (feed: AsyncIterable<CommitBatch>): Promise<CommitBatch[]> => {
      const batches: CommitBatch[] = [];
      for await (const batch of feed) batches.push(batch);
      return batches;
    };
    const stored = (after: string | null, limit?: number): Promise<CommitBatch[]> =>
      collect(store.changes({ after, limit, live: false, signal: new AbortController().signal }));

    describe('append', () => {
      test('gives back the sealed commit, and it can be read', async () => {
        const stream = newStream();
        const commit = await append(stream, emptyHead);
        expect(commit).toMatchObject({ _id: `${stream}:00000001`, stream, version: 1, prev: emptyHead.hash });
        expect(await store.read(stream)).toEqual([commit]);
      });

      test('refuses a version that the stream has already', async () => {
        const stream = newStream();
        const first = await append(stream, emptyHead);
        await expect(append(stream, emptyHead, 'other')).rejects.toEqual(new VersionConflict(stream, 1));
        await expect(append(stream, emptyHead)).rejects.toBeInstanceOf(VersionConflict);
        expect(await store.read(stream)).toEqual([first]);
      });

      test('lets exactly one of many writers at the same version win', async () => {
        const stream = newStream();
        const writers = Array.from({ length: 20 }, (_, n) => append(stream, emptyHead, `writer ${n}`));
        const outcomes = await Promise.allSettled(writers);
        const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
        const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(won).toHaveLength(1);
        expect(lost.every((outcome) => outcome.reason instanceof VersionConflict)).toBe(true);
        expect(await store.read(stream)).toEqual([won[0]?.value]);
      });

      test('lets a conflict on one stream harm no other', async () => {
        const taken = newStream();
        await append(taken, emptyHead);
        const free = Array.from({ length: 10 }, () => newStream());
        const outcomes = await Promise.allSettled(
          [taken, ...free].map((stream) => append(stream, emptyHead, 'new')),
        );
        expect(outcomes.map((outcome) => outcome.status)).toEqual([
          'rejected',
          ...free.map(() => 'fulfilled'),
        ]);
      });

      test('keeps what customers write as it is', async () => {
        const stream = newStream();
        const note = 'ñandú 👩‍👩‍👧 \u202eمرحبا\u0000"\\\u2028 ' + 'a'.repeat(5_000);
        await append(stream, emptyHead, note);
        expect((await store.read(stream))[0]?.events[0]?.data['note']).toBe(note);
        expect(await verifyStream(store, stream)).toMatchObject({ commits: 1, fault: null });
      });

      test('stores what JSON keeps, so that the hash still fits after reading', async () => {
        const stream = newStream();
        const base = draft(stream, emptyHead);
        const events = [
          { type: 'NoteTaken', occurredAt: undefined, data: { note: undefined, kept: [1, null] } },
        ];
        const commit = await store.append({ ...base, events });
        expect(await store.read(stream)).toEqual([commit]);
        expect(commit.events).toEqual([{ type: 'NoteTaken', data: { kept: [1, null] } }]);
        expect(findChainFault(stream, [commit])).toBeNull();
      });
    });

    describe('read', () => {
      test('of an unknown stream is empty', async () => {
        expect(await store.read(newStream())).toEqual([]);
      });

      test('gives the commits after a version, in order, as one chain', async () => {
        const stream = newStream();
        const commits = await appendMany(stream, 12);
        expect(await store.read(stream)).toEqual(commits);
        expect(await store.read(stream, 9)).toEqual(commits.slice(9));
        expect(await store.read(stream, 12)).toEqual([]);
        expect(await verifyStream(store, stream)).toEqual({
          stream,
          commits: 12,
          hash: commits[11]?.hash,
          fault: null,
        });
      });

      test('tells streams apart whose names differ only in case, sign or length', async () => {
        const names = ['x', 'X', 'x-1', 'x_1', 'x.1', 'x1', 'X1', 'x10', 'xa', 'xA'].map(
          (end) => `near.${made}${end}`,
        );
        for (const name of names) await appendMany(name, 2);
        for (const name of names) {
          const commits = await store.read(name);
          expect(commits.map((commit) => commit._id)).toEqual([`${name}:00000001`, `${name}:00000002`]);
          expect((await store.latest(`${name}:`))?._id).toBe(`${name}:00000002`);
        }
        const all = await store.streams(`near.${made}`);
        expect([...all].sort()).toEqual([...names].sort());
      });
    });

    describe('latest', () => {
      test('of an unknown prefix is null', async () => {
        expect(await store.latest('conversation.nobody.')).toBeNull();
      });

      test('is the last commit of the last episode, whatever was appended last', async () => {
        const prefix = `conversation.n${++made}.c.`;
        const second = await appendMany(`${prefix}000002`, 3);
        await appendMany(`${prefix}000001`, 4);
        expect(await store.latest(prefix)).toEqual(second[2]);
        const tenth = await appendMany(`${prefix}000010`, 1);
        expect(await store.latest(prefix)).toEqual(tenth[0]);
      });

      test('does not take a neighbour with a longer or differently written name', async () => {
        const mine = `conversation.n${++made}`;
        await appendMany(`${mine}.c.000001`, 1);
        for (const neighbour of ['.c1.000009', '.C.000009', '.c-.000009', '.d.000001', '.c_.000001']) {
          await appendMany(`${mine}${neighbour}`, 1);
        }
        expect((await store.latest(`${mine}.c.`))?.stream).toBe(`${mine}.c.000001`);
      });
    });

    describe('streams', () => {
      test('are listed once each, in order, and in pages', async () => {
        const prefix = `agent.a${++made}`;
        const names = ['ana', 'bruno', 'carla', 'dora', 'elena'].map((name) => `${prefix}${name}`);
        for (const name of [...names].reverse()) await appendMany(name, 3);
        expect(await store.streams(prefix)).toEqual(names);
        expect(await store.streams(prefix, { limit: 2 })).toEqual(names.slice(0, 2));
        expect(await store.streams(prefix, { after: names[1], limit: 2 })).toEqual(names.slice(2, 4));
        expect(await store.streams(prefix, { after: names[4] })).toEqual([]);
      });

      test('come in the same order page by page as at once, with names that begin alike', async () => {
        const prefix = `queue.q${++made}.`;
        for (const end of ['1', '10', '1-a', '1_a', '1.a', '1a', 'A', 'a']) await appendMany(prefix + end, 1);
        const atOnce = await store.streams(prefix);
        const paged: string[] = [];
        for (let after: string | undefined; ;) {
          const [next] = await store.streams(prefix, { after, limit: 1 });
          if (next === undefined) break;
          paged.push(next);
          after = next;
        }
        expect(atOnce).toHaveLength(8);
        expect(paged).toEqual(atOnce);
      });

      test('can all be verified', async () => {
        const prefix = `task.t${++made}.`;
        for (const name of ['a', 'b', 'c']) await appendMany(prefix + name, 2);
        const proofs = [];
        for await (const proof of verifyStreams(store, prefix)) proofs.push(proof);
        expect(proofs.map(({ stream, commits, fault }) => ({ stream, commits, fault }))).toEqual(
          ['a', 'b', 'c'].map((name) => ({ stream: prefix + name, commits: 2, fault: null })),
        );
      });
    });

    describe('changes', () => {
      const idsOf = (batches: CommitBatch[]) =>
        batches.flatMap((batch) => batch.commits.map((commit) => commit._id));

      test('hold every commit once, each stream in its order', async () => {
        const names = Array.from({ length: 5 }, () => newStream('changes'));
        await Promise.all(names.map((name) => appendMany(name, 6)));
        const ids = idsOf(await stored(null));
        expect(new Set(ids).size).toBe(ids.length);
        for (const name of names) {
          const ofStream = ids.filter((id) => id.startsWith(`${name}:`));
          expect(ofStream).toEqual(
            Array.from({ length: 6 }, (_, n) => `${name}:${String(n + 1).padStart(8, '0')}`),
          );
        }
      });

      test('resume after any position without a gap', async () => {
        await appendMany(newStream('changes'), 9);
        const whole = await stored(null, 4);
        expect(whole.length).toBeGreaterThan(2);
        expect(whole.every((batch) => batch.commits.length <= 4)).toBe(true);
        const [first, second, ...rest] = whole;
        expect(idsOf(await stored(first?.position ?? ''))).toEqual(idsOf([second as CommitBatch, ...rest]));
        expect(await stored(whole.at(-1)?.position ?? '')).toEqual([]);
      });

      test('go on live from where they are, until aborted', async () => {
        const stream = newStream('changes');
        const end = (await stored(null)).at(-1)?.position ?? null;
        const controller = new AbortController();
        const seen: string[] = [];
        const done = Promise.withResolvers<void>();
        const reading = (async () => {
          for await (const batch of store.changes({ after: end, live: true, signal: controller.signal })) {
            seen.push(...idsOf([batch]));
            if (seen.length >= 5) done.resolve();
          }
        })();
        const commits = await appendMany(stream, 5);
        await done.promise;
        controller.abort();
        await reading;
        expect(seen).toEqual(commits.map((commit) => commit._id));
      });

      test("from 'now' leave out what is stored", async () => {
        const now = { after: 'now' as const, live: false, signal: new AbortController().signal };
        await append(newStream('changes'), emptyHead);
        expect(await collect(store.changes(now))).toEqual([]);
      });

      test('end at once when aborted before', async () => {
        const signal = AbortSignal.abort();
        expect(await collect(store.changes({ after: null, live: true, signal }))).toEqual([]);
      });
    });
  });
}
