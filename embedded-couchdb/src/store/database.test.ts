import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDatabase } from './database.ts';
import type { Database } from './database.ts';
import type { Change } from './commit.ts';
import { scanChanges } from './read-documents.ts';
import { newSettings, writeSettings } from './settings.ts';

const folders: string[] = [];
const databases: Database[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const database of databases.splice(0)) await database.end();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newDatabase(ring = { changes: 1000, characters: 1_000_000 }): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'recado-database-'));
  folders.push(folder);
  await mkdir(folder, { recursive: true });
  await writeSettings(folder, newSettings(new Date(0)));
  const database = createDatabase({ name: 'a', folder, ring, onUsed: () => {}, onFault: () => {} });
  databases.push(database);
  return database;
}

/** A small generator of random numbers, so that a failure can be played again from its seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('a database', () => {
  it('forces every commit to the disk before it answers', async () => {
    interface Prototype {
      _batch(operations: object[], options: { sync?: boolean }, callback: (error?: Error) => void): void;
    }
    const leveldown = createRequire(import.meta.url)('leveldown') as { prototype: Prototype };
    const batches = vi.spyOn(leveldown.prototype, '_batch');
    const database = await newDatabase();
    await database.write([{ _id: 'a' }, { _id: 'b' }]);
    await database.writeReplicated([{ _id: 'c', _rev: `1-${'c'.repeat(32)}` }]);
    expect(batches.mock.calls.length).toBeGreaterThanOrEqual(2);
    for (const [, options] of batches.mock.calls) expect(options.sync).toBe(true);

    const bulk = batches.mock.calls.length;
    await database.write(Array.from({ length: 100 }, (_, n) => ({ _id: `n${n}` })));
    expect(batches.mock.calls.length - bulk).toBe(1);
  });

  it('is the same after its files were closed and opened again', async () => {
    const database = await newDatabase();
    await database.write([{ _id: 'a' }, { _id: 'b' }]);
    const before = await database.counts();
    await database.close();
    expect(database.open).toBe(false);
    expect(await database.counts()).toMatchObject({ living: 2, deleted: 0, updateSeq: before.updateSeq });
    await database.write([{ _id: 'c' }]);
    const { changes } = await database.changesAfter(0, 10);
    expect(changes.map(({ seq, id }) => [seq, id])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  it('counts ids once through edits, deletions, conflicts and compaction', async () => {
    const database = await newDatabase();
    const [made] = await database.write([{ _id: 'a' }, { _id: 'b' }]);
    const rev = made && 'rev' in made ? made.rev : '';
    const tombstone = { _id: 'a', _rev: rev, _deleted: true };
    await database.write([tombstone]);
    await database.writeReplicated([{ _id: 'b', _rev: `1-${'f'.repeat(32)}` }]);
    await database.compact();
    await database.write([{ _id: 'c' }]);
    expect(await database.counts()).toMatchObject({ living: 2, deleted: 1 });
    await database.close();
    expect(await database.counts()).toMatchObject({ living: 2, deleted: 1 });
  });

  it('serves those who follow it from memory', async () => {
    const database = await newDatabase();
    await database.write([{ _id: 'a' }]);
    const { upTo } = await database.changesAfter(0, 10);
    const greeting = { _id: 'b', text: 'hola' };
    await database.write([greeting]);
    await database.close();
    const { changes } = await database.changesAfter(upTo, 10);
    expect(JSON.parse(changes[0]?.doc ?? '')).toMatchObject({ _id: 'b', text: 'hola' });
    expect(database.open).toBe(false);
  });

  it.each([
    ['a ring that always reaches', { changes: 10_000, characters: 10_000_000 }],
    ['a ring that often does not', { changes: 12, characters: 3_000 }],
    ['no ring to speak of', { changes: 1, characters: 1 }],
  ])('tells every follower every change in order, with %s', async (_name, limits) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`seed ${seed} (${_name})`);
    const random = seeded(seed);
    const database = await newDatabase(limits);
    const ids = Array.from({ length: 60 }, (_, n) => `doc-${n}`);
    const hash = (): string => Array.from({ length: 32 }, () => random(16).toString(16)).join('');
    const revs = new Map<string, string>();

    async function writer(): Promise<void> {
      for (let round = 0; round < 60; round += 1) {
        const dice = random(20);
        const docs = Array.from({ length: 1 + random(4) }, () => {
          const _id = ids[random(ids.length)] ?? '';
          const _rev = revs.get(_id);
          return {
            _id,
            ...(_rev && random(5) > 0 ? { _rev } : {}),
            _deleted: random(6) === 0,
            text: 'x'.repeat(random(300)),
          };
        });
        if (dice === 0) await database.close();
        else if (dice === 1) await database.compact();
        else if (dice === 2) await database.useIndexes((pouch) => pouch.find({ selector: { text: 'none' } }));
        else if (dice < 6) {
          // Branches, whose winner is often an older revision.
          await database.writeReplicated(
            docs.map(({ _id, text }) => ({ _id, text, _rev: `${1 + random(3)}-${hash()}` })),
          );
        } else {
          for (const row of await database.write(docs)) if ('rev' in row) revs.set(row.id, row.rev);
        }
      }
    }

    const over = new AbortController();
    async function follower(): Promise<{ start: number; seen: Change[] }> {
      const start = random((await database.updateSeq()) + 1);
      const seen: Change[] = [];
      let since = start;
      for (;;) {
        const { changes, upTo } = await database.changesAfter(since, 1 + random(20));
        for (const change of changes) {
          if (change.seq <= since) throw new Error(`seed ${seed}: ${change.seq} came after ${since}`);
          since = change.seq;
        }
        seen.push(...changes);
        since = Math.max(since, upTo);
        if (changes.length > 0) continue;
        if (over.signal.aborted && since >= (await database.updateSeq())) return { start, seen };
        await database.waitForChange(since, over.signal).catch(() => undefined);
      }
    }

    const followers = Array.from({ length: 6 }, () => follower());
    const late = (async () => {
      await database.waitForChange(80, over.signal).catch(() => undefined);
      return follower();
    })();
    await Promise.all(Array.from({ length: 5 }, writer));
    over.abort();

    for (const { start, seen } of await Promise.all([...followers, late])) {
      const stored: Change[] = [];
      await database.use(async ({ level }) => {
        for await (const group of scanChanges(level, { since: start, descending: false }, 50))
          stored.push(...group);
      });
      const last = new Map(seen.map((change) => [change.id, change]));
      const known = [...last.values()].sort((a, b) => a.seq - b.seq);
      expect(known, `seed ${seed}`).toEqual(stored);
    }
  });
});
