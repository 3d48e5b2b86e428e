import { may, type Person } from '@recado/domain/access/access';
import { mailboxDatabase, rememberedRevisions, workDatabase } from '@recado/domain/databases';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import { DocumentConflict } from '@recado/event-store/couch/faults';

/** Who has a mailbox at all: who attends, and who watches the board. */
export const hasMailbox = (person: Person): boolean => may(person, 'attend') || may(person, 'viewBoard');

/** A person's mailbox as it is now: the database of its present epoch. */
export interface OpenMailbox {
  userId: string;
  epoch: number;
  name: string;
  database: CouchDatabase;
  /** Aborts when another epoch takes over. */
  ended: AbortSignal;
}

/**
 * Which epoch of each person's mailbox is the present one: `mailbox.<userId>` in the tenant's work database. The
 * document is written after the database is complete, so whoever reads it finds a whole mailbox. An epoch number
 * is never used twice, because a device takes the number for the identity of what it has replicated.
 */
export interface Mailboxes {
  /** null for who has none. A first one is created empty: what belongs in it comes by the projector. */
  open(person: Person): Promise<OpenMailbox | null>;
  /** As `open`, whoever asks. */
  ensure(userId: string): Promise<OpenMailbox | null>;
  /** What is recorded, live or removed. */
  recorded(userId: string): Promise<MailboxRecord | null>;
  /** Of a database that exists, without looking. */
  at(userId: string, epoch: number): OpenMailbox;
  /** Makes a complete database the present one; feeds on the earlier one end. */
  switchTo(userId: string, epoch: number): Promise<OpenMailbox>;
  /** Ends a person's mailbox. The epoch is kept, so that a later one gets a higher number. */
  remove(userId: string): Promise<void>;
  /** Asks the store again next time. */
  forget(userId: string): void;
  /** Ids of people with a record. */
  all(): Promise<MailboxRecord[]>;
}

export interface MailboxRecord {
  userId: string;
  epoch: number;
  state: 'live' | 'removed';
}

interface MailboxesDeps {
  couch: CouchConnection;
  tenant: string;
  now: () => number;
  /** How long an epoch is trusted without asking, ms: another process may have switched. Default 2,000. */
  trustMs?: number;
}

export function createMailboxes({ couch, tenant, now, trustMs = 2_000 }: MailboxesDeps): Mailboxes {
  const work = couch.database(workDatabase(tenant));
  const open = new Map<string, { mailbox: OpenMailbox; ending: AbortController; readAt: number }>();
  const recordId = (userId: string): string => `mailbox.${userId}`;

  const recorded = async (userId: string): Promise<MailboxRecord | null> => {
    const stored = await work.getOrNull<Omit<MailboxRecord, 'userId'>>(recordId(userId));
    return stored ? { userId, epoch: stored.epoch, state: stored.state } : null;
  };

  const forget = (userId: string): void => {
    open.get(userId)?.ending.abort();
    open.delete(userId);
  };

  const at = (userId: string, epoch: number, ended = new AbortController().signal): OpenMailbox => {
    const name = mailboxDatabase(tenant, userId, epoch);
    return { userId, epoch, name, database: couch.database(name), ended };
  };

  /** The open mailbox of this epoch, the same object as long as the epoch lasts. */
  const present = (userId: string, epoch: number): OpenMailbox => {
    const known = open.get(userId);
    if (known?.mailbox.epoch === epoch) {
      known.readAt = now();
      return known.mailbox;
    }
    known?.ending.abort();
    const ending = new AbortController();
    const mailbox = at(userId, epoch, ending.signal);
    open.set(userId, { mailbox, ending, readAt: now() });
    return mailbox;
  };

  const create = async (userId: string): Promise<void> => {
    await couch.ensureDatabase(mailboxDatabase(tenant, userId, 1), { q: 1, revsLimit: rememberedRevisions });
    try {
      await work.put({ _id: recordId(userId), epoch: 1, state: 'live' });
    } catch (error) {
      if (!(error instanceof DocumentConflict)) throw error;
    }
  };

  const ensure = async (userId: string): Promise<OpenMailbox | null> => {
    const known = open.get(userId);
    if (known && now() - known.readAt < trustMs) return known.mailbox;
    let record = await recorded(userId);
    if (!record) {
      await create(userId);
      record = await recorded(userId);
    }
    if (record?.state !== 'live') {
      forget(userId);
      return null;
    }
    return present(userId, record.epoch);
  };

  return {
    open: async (person) => (hasMailbox(person) ? ensure(person.userId) : null),
    ensure,
    recorded,
    at,
    forget,
    async switchTo(userId, epoch) {
      await work.overwrite(recordId(userId), { epoch, state: 'live' });
      return present(userId, epoch);
    },
    async remove(userId) {
      const record = await recorded(userId);
      if (!record) return;
      await work.overwrite(recordId(userId), { epoch: record.epoch, state: 'removed' });
      forget(userId);
    },
    async all() {
      const docs = await work.allDocs<Omit<MailboxRecord, 'userId'>>({
        startKey: 'mailbox.',
        endKey: 'mailbox/',
      });
      return docs.map(({ _id, epoch, state }) => ({ userId: _id.slice('mailbox.'.length), epoch, state }));
    },
  };
}
