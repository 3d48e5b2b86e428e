import { emptyHead } from '@recado/domain/commit/chain';
import type { EventStore } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import { afterEach, expect, test } from 'vitest';
import { until } from '../ingest.testkit.ts';
import { shareFeed, type SharedFeed } from './shared-feed.ts';

let feed: SharedFeed | undefined;
const stopping = new Set<AbortController>();
afterEach(async () => {
  for (const controller of stopping) controller.abort();
  stopping.clear();
  await feed?.close();
});

const append = async (store: EventStore, ...names: string[]): Promise<void> => {
  for (const name of names) {
    await store.append({
      stream: `contact.${name}`,
      head: emptyHead,
      at: '2026-11-20T14:00:00.000Z',
      actor: { kind: 'system', id: 'test' },
      cause: { event: 'test' },
      events: [{ type: 'Noted', data: {} }],
    });
  }
};

/** Follows from `after`, and writes down what it is given. */
function listen(store: EventStore, after: string | null = null) {
  const controller = new AbortController();
  stopping.add(controller);
  const heard: string[] = [];
  let position = after;
  const ended = (async () => {
    for await (const batch of store.changes({ after, live: true, signal: controller.signal })) {
      heard.push(...batch.commits.map(({ stream }) => stream.slice('contact.'.length)));
      position = batch.position;
    }
  })();
  return { heard, position: () => position, stop: () => controller.abort(), ended };
}

/** Counts the live feeds that are opened on the store itself. */
function counted(store: EventStore): { store: EventStore; live: () => number } {
  let live = 0;
  return {
    live: () => live,
    store: {
      ...store,
      changes(options) {
        if (options.live) live++;
        return store.changes(options);
      },
    },
  };
}

test('three followers share one feed, and each is given everything once, in order', async () => {
  const inner = counted(createMemoryEventStore());
  await append(inner.store, 'a', 'b');
  feed = shareFeed(inner.store);
  const followers = [1, 2, 3].map(() => listen(feed!.store));
  await until(() => followers.every(({ heard }) => heard.length === 2));
  await append(inner.store, 'c', 'd', 'e');
  await until(() => followers.every(({ heard }) => heard.length === 5));
  for (const { heard } of followers) expect(heard).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(inner.live()).toBe(1);
});

test('one that comes while others write misses nothing and is given nothing twice', async () => {
  const store = createMemoryEventStore();
  feed = shareFeed(store);
  const early = listen(feed.store);
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`);
  const writing = append(store, ...names);
  const later = Array.from({ length: 5 }, () => listen(feed!.store));
  await writing;
  await until(() => [early, ...later].every(({ heard }) => heard.length >= 200));
  for (const { heard } of [early, ...later]) expect(heard).toEqual(names);
});

test('one that resumes at its position is given what came after', async () => {
  const store = createMemoryEventStore();
  feed = shareFeed(store);
  const first = listen(feed.store);
  await append(store, 'a', 'b');
  await until(() => first.heard.length === 2);
  first.stop();
  await first.ended;
  await append(store, 'c');
  const second = listen(feed.store, first.position());
  await append(store, 'd');
  await until(() => second.heard.length === 2);
  expect(second.heard).toEqual(['c', 'd']);
});

test('one that falls far behind catches up by itself and joins again', async () => {
  const store = createMemoryEventStore();
  feed = shareFeed(store, { mostBehind: 10, gatherMs: 0 });
  const controller = new AbortController();
  stopping.add(controller);
  const heard: string[] = [];
  const gate = Promise.withResolvers<void>();
  void (async () => {
    for await (const batch of feed!.store.changes({ after: null, live: true, signal: controller.signal })) {
      heard.push(...batch.commits.map(({ stream }) => stream));
      if (heard.length === 1) await gate.promise;
    }
  })();
  await append(store, 'first');
  await until(() => heard.length === 1);
  await append(store, ...Array.from({ length: 100 }, (_, index) => `n${index}`));
  gate.resolve();
  await until(() => heard.length === 101);
  await append(store, 'last');
  await until(() => heard.length === 102);
  expect(new Set(heard).size).toBe(102);
});

test('when the shared feed breaks, followers go on from where they were', async () => {
  const inner = createMemoryEventStore();
  let broken = false;
  const store: EventStore = {
    ...inner,
    async *changes(options) {
      for await (const batch of inner.changes(options)) {
        if (options.live && !broken) {
          broken = true;
          throw new Error('the feed broke');
        }
        yield batch;
      }
    },
  };
  const errors: unknown[] = [];
  feed = shareFeed(store, { onError: (error) => errors.push(error) });
  const follower = listen(feed.store);
  await until(() => follower.heard.length === 0);
  await append(store, 'a');
  await append(store, 'b');
  await until(() => follower.heard.length === 2);
  expect(follower.heard).toEqual(['a', 'b']);
  expect(errors).toHaveLength(1);
});
