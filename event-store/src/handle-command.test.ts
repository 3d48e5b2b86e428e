import type { EventEnvelope } from '@recado/domain/commit/commit';
import { accept, isRejection, type Outcome, reject } from '@recado/domain/outcome';
import { beforeEach, describe, expect, test } from 'vitest';
import { type EventStore, StoreUnavailable, VersionConflict } from './event-store.ts';
import { type Aggregate, createAggregate, type Fold } from './handle-command.ts';
import { createMemoryEventStore } from './memory-event-store.ts';

interface SeatTaken extends EventEnvelope {
  type: 'SeatTaken';
  data: { by: string };
}
interface Room {
  seated: string[];
}

const seats = 3;
const room: Fold<Room, SeatTaken> = {
  initial: { seated: [] },
  evolve: (state, event) => ({ seated: [...state.seated, event.data.by] }),
};
const takeSeat =
  (by: string) =>
  (state: Room): Outcome<SeatTaken> => {
    if (state.seated.includes(by)) return accept();
    if (state.seated.length >= seats) return reject('agent_unavailable');
    return accept({ type: 'SeatTaken', data: { by } });
  };

const stream = 'room.1';
const request = (by: string) => ({
  stream,
  actor: { kind: 'agent' as const, id: by },
  cause: { commandId: `take-${by}` },
  decide: takeSeat(by),
});

describe('an aggregate', () => {
  let store: EventStore;
  let reads: number;
  let rooms: Aggregate<Room, SeatTaken>;
  const now = () => '2026-11-20T14:03:00.000Z';
  const aggregateOn = (its: EventStore) => createAggregate({ store: its, fold: room, now });

  beforeEach(() => {
    const memory = createMemoryEventStore();
    reads = 0;
    store = {
      ...memory,
      read: (name, after) => {
        reads++;
        return memory.read(name, after);
      },
    };
    rooms = aggregateOn(store);
  });

  const seated = async () => (await store.read<SeatTaken>(stream)).map((commit) => commit.events[0]?.data.by);

  test('appends what was decided and answers with the state after it', async () => {
    const handled = await rooms.handle(request('ana'));
    expect(handled).toMatchObject({
      commit: { version: 1, at: now() },
      state: { seated: ['ana'] },
      version: 1,
    });
    expect(await seated()).toEqual(['ana']);
  });

  test('answers a repeated command the same and appends nothing', async () => {
    await rooms.handle(request('ana'));
    expect(await rooms.handle(request('ana'))).toEqual({
      commit: null,
      state: { seated: ['ana'] },
      version: 1,
    });
    expect(await seated()).toEqual(['ana']);
  });

  test('answers a refusal with its code and appends nothing', async () => {
    for (const by of ['ana', 'bruno', 'carla']) await rooms.handle(request(by));
    expect(await rooms.handle(request('dora'))).toMatchObject({ rejected: 'agent_unavailable', version: 3 });
    expect(await seated()).toEqual(['ana', 'bruno', 'carla']);
  });

  test('never conflicts with itself, however many commands come at once', async () => {
    let appends = 0;
    const counting = aggregateOn({
      ...store,
      append: (draft) => {
        appends++;
        return store.append(draft);
      },
    });
    const all = ['ana', 'bruno', 'carla', 'dora', 'elena'].map((by) => counting.handle(request(by)));
    const refused = (await Promise.all(all)).filter(isRejectedAnswer);
    expect(refused).toHaveLength(2);
    expect(appends).toBe(seats);
    expect(await seated()).toEqual(['ana', 'bruno', 'carla']);
  });

  test('seats no more than there are seats, when several processes decide at once', async () => {
    const processes = Array.from({ length: 4 }, () => aggregateOn(store));
    const people = Array.from({ length: 20 }, (_, n) => `p${n}`);
    const answers = await Promise.all(people.map((by, n) => processes[n % 4]?.handle(request(by))));
    const accepted = people.filter((_, n) => !isRejectedAnswer(answers[n] ?? {}));
    expect(accepted).toHaveLength(seats);
    expect((await seated()).sort()).toEqual(accepted.sort());
  });

  test('decides again on the newest state after a conflict', async () => {
    await rooms.handle(request('ana'));
    const elsewhere = aggregateOn(store);
    await elsewhere.handle(request('bruno'));
    const handled = await rooms.handle(request('carla'));
    expect(handled).toMatchObject({ state: { seated: ['ana', 'bruno', 'carla'] }, version: 3 });
  });

  test('confirms a refusal against the store before it answers from a cached state', async () => {
    const answers: string[] = [];
    const mayLeave = (state: Room): Outcome<SeatTaken> => {
      answers.push(state.seated.join());
      return state.seated.includes('bruno')
        ? accept({ type: 'SeatTaken', data: { by: 'late' } })
        : reject('forbidden');
    };
    await rooms.handle(request('ana'));
    await aggregateOn(store).handle(request('bruno'));
    const handled = await rooms.handle({ ...request('ana'), decide: mayLeave });
    expect(answers).toEqual(['ana', 'ana,bruno']);
    expect(handled).toMatchObject({ commit: { version: 3 } });
  });

  test('confirms that there is nothing to do against the store, too', async () => {
    await rooms.handle(request('ana'));
    await aggregateOn(store).handle(request('bruno'));
    expect(await rooms.handle(request('ana'))).toEqual({
      commit: null,
      state: { seated: ['ana', 'bruno'] },
      version: 2,
    });
  });

  test('reads a stream once while it is the only writer', async () => {
    for (const by of ['ana', 'bruno', 'carla']) await rooms.handle(request(by));
    expect(reads).toBe(1);
  });

  test('folds a commit of the feed in without reading, and reads what is missing before it', async () => {
    const elsewhere = aggregateOn(store);
    for (const by of ['ana', 'bruno', 'carla']) await elsewhere.handle(request(by));
    const [first, , third] = await store.read<SeatTaken>(stream);
    reads = 0;
    if (!first || !third) throw new Error('three commits were appended');
    expect((await rooms.catchUp(first)).state.seated).toEqual(['ana']);
    expect(reads).toBe(0);
    expect((await rooms.catchUp(third)).state.seated).toEqual(['ana', 'bruno', 'carla']);
    expect(reads).toBe(1);
    expect((await rooms.catchUp(first)).head.version).toBe(3);
  });

  test('passes a fault on, and is right again when the store is', async () => {
    let down = true;
    const flaky = aggregateOn({
      ...store,
      append: async (draft) => {
        const commit = await store.append(draft);
        if (down) throw new StoreUnavailable('the answer was lost');
        return commit;
      },
    });
    await expect(flaky.handle(request('ana'))).rejects.toBeInstanceOf(StoreUnavailable);
    down = false;
    expect(await flaky.handle(request('ana'))).toEqual({
      commit: null,
      state: { seated: ['ana'] },
      version: 1,
    });
    expect(await flaky.handle(request('bruno'))).toMatchObject({ version: 2 });
  });

  test('a command that fails does not hold up the next one on its stream', async () => {
    const defect = rooms.handle({
      ...request('ana'),
      decide: () => {
        throw new Error('a defect');
      },
    });
    const next = rooms.handle(request('bruno'));
    await expect(defect).rejects.toThrow('a defect');
    expect(await next).toMatchObject({ version: 1 });
  });

  test('never decides on a stream with a hole', async () => {
    for (const by of ['ana', 'bruno', 'carla']) await rooms.handle(request(by));
    const lagging = aggregateOn({
      ...store,
      read: async <Event extends EventEnvelope>(name: string, after?: number) =>
        (await store.read<Event>(name, after)).filter((commit) => commit.version !== 2),
    });
    await expect(lagging.handle(request('dora'))).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('gives up with a fault when a version is taken by something that cannot be read', async () => {
    const unreadable = aggregateOn({
      ...store,
      append: async (draft) => {
        throw new VersionConflict(draft.stream, draft.head.version + 1);
      },
    });
    await expect(unreadable.handle(request('ana'))).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

const isRejectedAnswer = (answer: object): boolean => isRejection(answer as Outcome<SeatTaken>);
