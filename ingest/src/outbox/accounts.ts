import type { SecretBox } from '@recado/event-store/secret-box';
import { LRUCache } from 'lru-cache';
import type { GraphAccount } from '../meta/graph-client.ts';
import type { SettingsView } from '../settings/tenant-settings.ts';

/** With what a number speaks to the provider; null when it may not, is unknown, or has no credentials. */
export type AccountOf = (numberId: string) => GraphAccount | null;

export interface Accounts {
  /** For sending: not while the number is paused. */
  sending: AccountOf;
  /** For fetching customers' files, which do not wait for a pause to end. */
  fetching: AccountOf;
}

export interface AccountsDeps {
  settings: Pick<SettingsView, 'current'>;
  secretBox: SecretBox;
  /** The token was sealed with another secret. */
  onUnreadable: (numberId: string) => void;
}

export function createAccounts({ settings, secretBox, onUnreadable }: AccountsDeps): Accounts {
  /** Sealed → open. Opening is slow beside everything else that a send does here. */
  const opened = new LRUCache<string, string>({ max: 100 });
  const open = (sealed: string): string => {
    const token = opened.get(sealed) ?? secretBox.open(sealed);
    opened.set(sealed, token);
    return token;
  };

  const fetching: AccountOf = (numberId) => {
    const meta = settings.current().numbers[numberId]?.meta;
    if (!meta) return null;
    try {
      return { phoneNumberId: meta.phoneNumberId, accessToken: open(meta.sealedAccessToken) };
    } catch {
      onUnreadable(numberId);
      return null;
    }
  };

  return {
    fetching,
    sending: (numberId) =>
      settings.current().numbers[numberId]?.state === 'active' ? fetching(numberId) : null,
  };
}
