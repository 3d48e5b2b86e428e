import { canonicalJson, sha256Hex } from '@recado/domain/commit/chain';
import type { Actor, Cause } from '@recado/domain/commit/commit';
import { parkedStream } from '@recado/domain/commit/stream-id';
import {
  decideApplied,
  decideDiscard,
  decidePark,
  evolveParked,
  initialParked,
  retryAfterMs,
  type ParkedData,
  type ParkedEvent,
  type ParkedState,
} from '@recado/domain/parked/parked';
import { addMs } from '@recado/domain/time';
import type { EventStore } from '@recado/event-store/event-store';
import { createAggregate } from '@recado/event-store/handle-command';
import type { Timer, Timers } from '@recado/event-store/ports';
import type { Applied } from '../receive/applied.ts';

/**
 * Where updates wait that could not be applied. Nothing is dropped: each is a stream of its own.
 *
 *   park ─► (waits for something) timer 1 min ─► 10 min ─► 1 h ─► 1 day ─► discarded, with an event
 *        └► (nothing to wait for) stays, until the number it is for becomes known
 */
export interface Parking {
  /** Durable when resolved. `retry`: it may apply once something else has come. The same `raw` again does nothing. */
  park(data: ParkedData, options: { retry: boolean; cause: Cause }): Promise<'parked' | 'known'>;
  /** Tries what waits for this timer again. */
  retry(timer: Timer): Promise<void>;
  /** Tries everything that is parked for a number, now that it is known. */
  applyFor(phoneNumberId: string): Promise<void>;
}

export interface ParkingDeps {
  store: EventStore;
  timers: Timers;
  now: () => string;
  /** Applies the updates of a stored webhook body. */
  apply: (raw: unknown) => Promise<Applied>;
  /** Told when something has been applied or discarded. */
  onOutcome?: (outcome: 'applied' | 'discarded') => void;
}

const actor: Actor = { kind: 'system', id: 'parking' };
const timerPrefix = 'parked.';

export const isParkedTimer = ({ key }: Timer): boolean => key.startsWith(timerPrefix);
export const parkedKey = (raw: unknown): string => sha256Hex(canonicalJson(raw)).slice(0, 40);

export function createParking({ store, timers, now, apply, onOutcome }: ParkingDeps): Parking {
  const parked = createAggregate<ParkedState, ParkedEvent>({
    store,
    fold: { initial: initialParked, evolve: evolveParked },
    now,
    cacheSize: 500,
  });

  const setTimer = (key: string, attempt: number): Promise<void> =>
    timers.set({
      key: `${timerPrefix}${key}`,
      due: addMs(now(), retryAfterMs[attempt] ?? 0),
      data: { key, attempt },
    });

  /** True when it has found its place. */
  const tryAgain = async (key: string, attempt: number, cause: Cause): Promise<boolean> => {
    const stream = parkedStream(key);
    const { state } = await parked.load(stream);
    if (state.status !== 'parked' || !state.update) return true;
    const applied = await apply(state.update.raw);
    if (!('applied' in applied)) return false;
    await parked.handle({ stream, actor, cause, decide: (known) => decideApplied(known, attempt) });
    onOutcome?.('applied');
    return true;
  };

  return {
    async park(data, { retry, cause }) {
      const key = parkedKey(data.raw);
      const stream = parkedStream(key);
      // Before the event: a timer without its event does nothing, an event without its timer would wait for ever.
      if (retry && (await parked.load(stream)).state.status === 'none') await setTimer(key, 0);
      const { commit } = okay(
        await parked.handle({ stream, actor, cause, decide: (state) => decidePark(state, data) }),
      );
      return commit ? 'parked' : 'known';
    },

    async retry(timer) {
      const { key, attempt } = timer.data as { key: string; attempt: number };
      const cause = { timer: timer.key };
      if (await tryAgain(key, attempt + 1, cause)) return;
      if (attempt + 1 < retryAfterMs.length) return setTimer(key, attempt + 1);
      const stream = parkedStream(key);
      const decide = (state: ParkedState) => decideDiscard(state, 'not_applicable_in_time');
      await parked.handle({ stream, actor, cause, decide });
      onOutcome?.('discarded');
    },

    async applyFor(phoneNumberId) {
      let after: string | undefined;
      for (;;) {
        const streams = await store.streams('parked.', { after, limit: 100 });
        for (const stream of streams) {
          const { state } = await parked.load(stream);
          if (state.status !== 'parked' || state.update?.phoneNumberId !== phoneNumberId) continue;
          await tryAgain(stream.slice(timerPrefix.length), 0, {
            event: `number ${phoneNumberId} became known`,
          });
        }
        after = streams.at(-1);
        if (streams.length < 100) return;
      }
    },
  };
}

/** Parking refuses nothing. */
function okay<T extends object>(handled: T): Extract<T, { commit: unknown }> {
  if (!('commit' in handled)) throw new Error('a decision that never refuses has refused');
  return handled as Extract<T, { commit: unknown }>;
}
