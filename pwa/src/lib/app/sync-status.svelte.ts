import type { ConnectionNews } from '../sync/connection.ts';

/**
 * Whether what is shown is current. Only the leading tab hears from the connection; the others read what it
 * wrote. The last contact is kept, so that a start without a network can say how old the picture is.
 */
interface Stored {
  reachable: boolean | null;
  /** ms since the epoch, device clock. */
  lastContact: number | null;
  /** When this was written: what the leading tab said a moment ago holds for a tab that opens now. */
  at: number;
}

/** Longer than the leading tab ever goes without trying. */
const fresh = 60_000;

export class SyncStatus {
  #stored = $state.raw<Stored>({ reachable: null, lastContact: null, at: 0 });
  #storage: Storage;
  #key: string;

  constructor(storage: Storage, databaseName: string) {
    this.#storage = storage;
    this.#key = `recado-sync-${databaseName}`;
    this.#read(storage.getItem(this.#key));
    if (Date.now() - this.#stored.at > fresh) this.#stored = { ...this.#stored, reachable: null };
  }

  /** null: not known yet. */
  get reachable(): boolean | null {
    return this.#stored.reachable;
  }
  get lastContact(): number | null {
    return this.#stored.lastContact;
  }

  hear(news: ConnectionNews): void {
    if (news.kind === 'refused') return;
    // One lost request is everyday life on a train; two in a row are a state worth telling.
    if (news.kind === 'trouble' && news.failures < 2 && this.#stored.reachable !== null) return;
    const reachable = news.kind === 'contact';
    const lastContact = reachable ? Date.now() : this.#stored.lastContact;
    this.#stored = { reachable, lastContact, at: Date.now() };
    this.#storage.setItem(this.#key, JSON.stringify(this.#stored));
  }

  follow(event: StorageEvent): void {
    if (event.key === this.#key) this.#read(event.newValue);
  }

  forget(): void {
    this.#storage.removeItem(this.#key);
  }

  #read(text: string | null): void {
    if (text) this.#stored = JSON.parse(text) as Stored;
  }
}
