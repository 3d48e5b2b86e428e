import { accept } from '@recado/domain/outcome';
import type { NumberSettings, SettingsEvent } from '@recado/domain/settings/settings';
import { settingsStream } from '@recado/domain/commit/stream-id';
import type { EventStore } from '@recado/event-store/event-store';
import { createAggregate } from '@recado/event-store/handle-command';
import type { LiveSettings } from '../settings/tenant-settings.ts';
import type { ErrorClass } from './error-class.ts';

export interface NumberPausesDeps {
  store: EventStore;
  settings: LiveSettings;
  now: () => string;
  onPause: (numberId: string, alert: 'number_paused' | 'account_stopped', code: string) => void;
}

/** Pauses numbers that the provider has told to be quiet: a setting like any other, for a person to lift. */
export function createNumberPauses({ store, settings, now, onPause }: NumberPausesDeps) {
  const numbers = createAggregate<NumberSettings | null, SettingsEvent>({
    store,
    fold: {
      initial: null,
      evolve: (state, event) => (event.type === 'NumberConfigured' ? event.data : state),
    },
    now,
  });

  const pause = async (number: NumberSettings, cause: string): Promise<boolean> => {
    const handled = await numbers.handle({
      stream: settings.streamOfNumber(number.numberId) ?? settingsStream('number', number.numberId),
      actor: { kind: 'system', id: 'outbox' },
      cause: { event: cause },
      decide: (known) =>
        known?.state === 'active'
          ? accept({ type: 'NumberConfigured', data: { ...known, state: 'paused' } })
          : accept(),
    });
    if (!('commit' in handled) || !handled.commit) return false;
    // Not to send on until the follower has brought it round.
    settings.observe([handled.commit]);
    return true;
  };

  /** `cause`: the commit that told of the error. */
  return async (
    numberId: string,
    errorClass: ErrorClass | 'none',
    code: string,
    cause: string,
  ): Promise<void> => {
    if (errorClass !== 'pause_number' && errorClass !== 'stop_account') return;
    const all = settings.current().numbers;
    const wabaId = all[numberId]?.meta?.wabaId;
    const affected = Object.values(all).filter(
      (number) =>
        number.numberId === numberId ||
        (errorClass === 'stop_account' && wabaId && number.meta?.wabaId === wabaId),
    );
    for (const number of affected) {
      if (!(await pause(number, cause))) continue;
      onPause(number.numberId, errorClass === 'stop_account' ? 'account_stopped' : 'number_paused', code);
    }
  };
}
