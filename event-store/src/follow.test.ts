import { emptyHead, type Head } from '@recado/domain/commit/chain';
import type { Commit } from '@recado/domain/commit/commit';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createMemoryCheckpoints } from './checkpoints.ts';
import type { EventStore } from './event-store.ts';
import { follow } from './follow.ts';
import { createMemoryEventStore } from './memory-event-store.ts';
import type { Checkpoints, FollowOptions } from './ports.ts';

const patiently = { timeout: 10_000 };

let store: EventStore;
let checkpoints: Checkpoints;
const heads = new Map<string, Head>();

beforeEach(() => {
  store = createMemoryEventStore();
  checkpoints = createMemoryCheckpoints();
  heads.clear();
});

async function append(stream: string, count = 1): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const head = heads.get(stream) ?? emptyHead;
    const at = '2026-11-20T14:03:00.000Z';
    const events = [{ type: 'NoteTaken', data: {} }];
    const commit = await store.append({
      stream,
      head,
      at,
      actor: { kind: 'system', id: 'x' },
      cause: { event: 'x' },
      events,
    });
    heads.set(stream, commit);
    ids.push(commit._id);
  }
  return ids;
}

function start(options: Partial<FollowOptions> = {}) {
  const ids: string[] = [];
  const follower = follow({
    store,
    checkpoints,
    name: 'test',
    backoff: { baseMs: 1, maxMs: 2 },
    handle: async (commits: Commit[]) => {
      ids.push(...commits.map((commit) => commit._id));
    },
    ...options,
  });
  onTestFinished(() => follower.stop());
  return { follower, ids };
}

describe('a follower', () => {
  test('is given what is stored and then what comes, in order', async () => {
    const before = await append('contact.a', 3);
    const { follower, ids } = start({ limit: 2 });
    await follower.settled();
    expect(ids).toEqual(before);
    const after = await append('contact.a', 3);
    await follower.settled();
    expect(ids).toEqual([...before, ...after]);
  });

  test('goes on where the one before it stopped', async () => {
    const first = start();
    await append('contact.a', 3);
    await first.follower.settled();
    await first.follower.stop();
    const later = await append('contact.a', 2);
    const second = start();
    await second.follower.settled();
    expect(second.ids).toEqual(later);
  });

  test('of another name starts from the beginning', async () => {
    const stored = await append('contact.a', 2);
    const first = start();
    await first.follower.settled();
    await first.follower.stop();
    const other = start({ name: 'other' });
    await other.follower.settled();
    expect(other.ids).toEqual(stored);
  });

  test('whose handler throws is given the same batch again, and nothing later before it', async () => {
    const stored = await append('contact.a', 4);
    const errors: unknown[] = [];
    const given: string[][] = [];
    const { follower } = start({
      limit: 2,
      onError: (error, attempt) => errors.push([(error as Error).message, attempt]),
      handle: async (commits) => {
        given.push(commits.map((commit) => commit._id));
        if (given.length <= 2) throw new Error('not now');
      },
    });
    await follower.settled();
    const [first, second] = [stored.slice(0, 2), stored.slice(2)];
    expect(given).toEqual([first, first, first, second]);
    expect(errors).toEqual([
      ['not now', 1],
      ['not now', 2],
    ]);
  });

  test('never saves a position before its batch has been handled', async () => {
    await append('contact.a', 6);
    const log: string[] = [];
    const { follower } = start({
      limit: 2,
      checkpointEveryMs: 0,
      checkpoints: {
        load: async () => null,
        save: async (_name, position) => void log.push(`saved ${position}`),
      },
      handle: async (_commits, position) => {
        log.push(`handling ${position}`);
        await Promise.resolve();
        log.push(`handled ${position}`);
      },
    });
    await follower.settled();
    await follower.stop();
    for (const line of log.filter((entry) => entry.startsWith('saved'))) {
      const position = line.slice('saved '.length);
      expect(log.indexOf(line)).toBeGreaterThan(log.indexOf(`handled ${position}`));
    }
    expect(log.at(-1)).toBe(`saved ${follower.position()}`);
  });

  test('saves where it stands soon after it has come to rest', async () => {
    await append('contact.a', 3);
    const { follower } = start({ checkpointEveryMs: 5, limit: 1 });
    await follower.settled();
    await expect.poll(() => checkpoints.load('test'), patiently).toBe(follower.position());
  });

  test('that cannot save goes on, and repeats after a restart', async () => {
    const stored = await append('contact.a', 3);
    const broken = { load: checkpoints.load, save: () => Promise.reject(new Error('no disk')) };
    const first = start({ checkpoints: broken });
    await first.follower.settled();
    expect(first.ids).toEqual(stored);
    await first.follower.stop();
    const second = start();
    await second.follower.settled();
    expect(second.ids).toEqual(stored);
  });

  test('that could not save does so later, without waiting for another commit', async () => {
    await append('contact.a', 3);
    let faults = 2;
    const { follower } = start({
      checkpoints: {
        load: checkpoints.load,
        save: (...given) =>
          faults-- > 0 ? Promise.reject(new Error('not now')) : checkpoints.save(...given),
      },
    });
    await follower.settled();
    await expect.poll(() => checkpoints.load('test'), patiently).toBe(follower.position());
  });

  test('waits for its checkpoint rather than starting from the beginning', async () => {
    const [, ...rest] = await append('contact.a', 3);
    await checkpoints.save('test', '1');
    let faults = 3;
    const { follower, ids } = start({
      checkpoints: {
        load: (name) => (faults-- > 0 ? Promise.reject(new Error('not now')) : checkpoints.load(name)),
        save: checkpoints.save,
      },
    });
    await follower.settled();
    expect(ids).toEqual(rest);
  });

  test('opens the feed again where it broke', async () => {
    const stored = await append('contact.a', 6);
    let breaks = 3;
    const broken: EventStore = {
      ...store,
      async *changes(options) {
        for await (const batch of store.changes(options)) {
          yield batch;
          if (options.live && breaks-- > 0) throw new Error('broken');
        }
      },
    };
    const { follower, ids } = start({ store: broken, limit: 1 });
    await follower.settled();
    expect(ids).toEqual(stored);
    expect(breaks).toBeLessThan(0);
  });

  test('stops while its handler fails, without waiting for it to succeed', async () => {
    await append('contact.a');
    const failing = Promise.withResolvers<void>();
    const { follower } = start({
      handle: async () => {
        failing.resolve();
        throw new Error('never');
      },
    });
    await failing.promise;
    await follower.stop();
    expect(await checkpoints.load('test')).toBeNull();
  });

  test('finishes the batch in hand before it has stopped', async () => {
    await append('contact.a');
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const { follower } = start({
      handle: async () => {
        begun.resolve();
        await mayEnd.promise;
      },
    });
    await begun.promise;
    const stopped = follower.stop();
    mayEnd.resolve();
    await stopped;
    expect(await checkpoints.load('test')).toBe(follower.position());
    expect(follower.position()).not.toBeNull();
  });
});
