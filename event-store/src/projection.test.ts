import { emptyHead, type Head } from '@recado/domain/commit/chain';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { EventStore } from './event-store.ts';
import { createMemoryEventStore } from './memory-event-store.ts';
import type { ProjectionDeps, Snapshots } from './ports.ts';
import { createProjection } from './projection.ts';
import { createMemorySnapshots } from './snapshots.ts';

type Counts = Record<string, number>;

const patiently = { timeout: 10_000 };

let store: EventStore;
let snapshots: Snapshots;
let head: Head;

beforeEach(() => {
  store = createMemoryEventStore();
  snapshots = createMemorySnapshots();
  head = emptyHead;
});

async function append(count = 1): Promise<void> {
  for (let n = 0; n < count; n++) {
    const at = '2026-11-20T14:03:00.000Z';
    const events = [{ type: 'NoteTaken', data: {} }];
    const actor = { kind: 'system' as const, id: 'x' };
    head = await store.append({ stream: 'contact.a', head, at, actor, cause: { event: 'x' }, events });
  }
}

let folds = 0;
function start(options: Partial<ProjectionDeps<Counts>> = {}) {
  const projection = createProjection<Counts>({
    store,
    snapshots,
    name: 'counts',
    schema: 1,
    initial: {},
    evolve: (state, { stream }) => {
      folds++;
      return { ...state, [stream]: (state[stream] ?? 0) + 1 };
    },
    backoff: { baseMs: 1, maxMs: 2 },
    ...options,
  });
  onTestFinished(() => projection.stop());
  return projection;
}

describe('a projection', () => {
  test('folds what is stored and what comes', async () => {
    await append(3);
    const projection = start();
    await projection.settled();
    expect(projection.state()).toEqual({ 'contact.a': 3 });
    await append(2);
    await projection.settled();
    expect(projection.state()).toEqual({ 'contact.a': 5 });
  });

  test('goes on from its snapshot without folding anything twice', async () => {
    await append(4);
    const first = start();
    await first.settled();
    await first.stop();
    await append(2);
    folds = 0;
    const second = start();
    await second.settled();
    expect(second.state()).toEqual({ 'contact.a': 6 });
    expect(folds).toBe(2);
  });

  test('is rebuilt from the first commit when its schema rises', async () => {
    await append(4);
    const first = start();
    await first.settled();
    await first.stop();
    folds = 0;
    const second = start({ schema: 2 });
    await second.settled();
    expect(second.state()).toEqual({ 'contact.a': 4 });
    expect(folds).toBe(4);
    await second.stop();
    expect(await snapshots.load('counts')).toMatchObject({ schema: 2 });
  });

  test('saves a state and a position that agree, also while it is being told of a change', async () => {
    const saved: { position: string; state: unknown }[] = [];
    const observed: Snapshots = {
      load: snapshots.load,
      save: async (name, snapshot) => {
        saved.push(structuredClone(snapshot));
        await snapshots.save(name, snapshot);
      },
    };
    const projection = start({
      snapshots: observed,
      snapshotEveryMs: 20,
      // The save that the second change asked for falls due while the third is being told.
      onChange: async (state) => {
        if (state['contact.a'] === 3)
          await expect.poll(() => saved.length, patiently).toBeGreaterThanOrEqual(2);
      },
    });
    for (let n = 0; n < 3; n++) {
      await append();
      await projection.settled();
    }
    await projection.stop();
    expect(saved.length).toBeGreaterThan(0);
    for (const { position, state } of saved) expect(state).toEqual({ 'contact.a': Number(position) });
  });

  test('tells of each change after it is folded, and outlasts a listener that throws', async () => {
    const told: unknown[] = [];
    const errors: unknown[] = [];
    const projection = start({
      onChange: (state, commits) => {
        told.push([state['contact.a'], commits.length]);
        throw new Error('a listener failed');
      },
      onError: (error) => errors.push((error as Error).message),
    });
    await append(2);
    await projection.settled();
    await append(1);
    await projection.settled();
    expect(projection.state()).toEqual({ 'contact.a': 3 });
    expect(told.at(-1)).toEqual([3, 1]);
    expect(new Set(errors)).toEqual(new Set(['a listener failed']));
  });
});
