import { may, type Person } from '@recado/domain/access/access';
import { instant } from '@recado/domain/time';
import type { EventStore } from '@recado/event-store/event-store';
import type { Snapshots } from '@recado/event-store/ports';
import { createProjection } from '@recado/event-store/projection';
import { setTimeout as delay } from 'node:timers/promises';
import type { Directory } from '../accounts/directory.ts';
import type { MailboxBody, MailboxWriter, Section } from '../mailbox/mailbox-writer.ts';
import type { Mailboxes } from '../mailbox/mailboxes.ts';
import type { Roster } from '../tenants/roster.ts';
import { boardDocuments } from './board-documents.ts';
import { evolveBoard, initialBoard } from './board-state.ts';

/** Keeps the board in the mailboxes of those who may see it. */
export interface BoardKeeper {
  /** The board as a part of this person's mailbox; null for who may not see it. */
  sectionFor(person: Person): Section | null;
  /** Resolves when everything stored at the time of the call has been counted and written. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface BoardKeeperDeps {
  store: EventStore;
  snapshots: Snapshots;
  roster: Roster;
  directory: Directory;
  tenant: string;
  mailboxes: Mailboxes;
  writer: MailboxWriter;
  now: () => number;
  viewers: () => Person[];
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  onError: (error: unknown) => void;
}

/** Least time between two writes of the board, ms. */
const writeEveryMs = 1_000;
/** How often it is counted without any event: a day begins by itself. */
const recountEveryMs = 60_000;

export function startBoard(deps: BoardKeeperDeps): BoardKeeper {
  const {
    store,
    snapshots,
    roster,
    directory,
    tenant,
    mailboxes,
    writer,
    now,
    viewers,
    exclusively,
    onError,
  } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let wake = Promise.withResolvers<void>();
  /** What was last shown, with the time at which it began to be so. */
  let shown = new Map<string, MailboxBody>();

  const projection = createProjection({
    store,
    snapshots,
    name: 'sync-board',
    schema: 1,
    initial: structuredClone(initialBoard),
    evolve: evolveBoard,
    onChange: () => wake.resolve(),
    onError,
    snapshotEveryMs: 30_000,
  });
  const stopListening = [roster.onChange(() => wake.resolve()), directory.onChange(() => wake.resolve())];

  const count = (): Map<string, MailboxBody> => {
    const at = instant(now());
    const counted = boardDocuments(projection.state(), roster.state(), {
      users: directory.usersOf(tenant),
      now: now(),
    });
    shown = new Map(
      [...counted].map(([id, body]) => {
        const before = shown.get(id);
        const same = before && JSON.stringify({ ...body, at: before['at'] }) === JSON.stringify(before);
        return [id, same ? before : { ...body, at }];
      }),
    );
    return shown;
  };

  const section = (): Section => ({
    name: 'board',
    ranges: [{ from: 'board.', to: 'board/' }],
    documents: count(),
  });
  const empty: Section = { ...section(), documents: new Map() };

  const write = (): Promise<void> =>
    exclusively(async () => {
      const present = section();
      for (const person of viewers()) {
        const mailbox = await mailboxes.ensure(person.userId);
        // Who lost the permission loses what was there.
        if (mailbox) await writer.write(mailbox.database, [may(person, 'viewBoard') ? present : empty]);
      }
    });

  const running = (async () => {
    while (!signal.aborted) {
      const recount = new AbortController();
      await Promise.race([wake.promise, sleep(recountEveryMs, AbortSignal.any([signal, recount.signal]))]);
      recount.abort();
      wake = Promise.withResolvers<void>();
      if (signal.aborted) break;
      await write().catch(onError);
      await sleep(writeEveryMs, signal);
    }
  })();

  return {
    sectionFor: (person) => (may(person, 'viewBoard') ? section() : null),
    async settled() {
      await projection.settled();
      await write();
    },
    async stop() {
      for (const stop of stopListening) stop();
      stopping.abort();
      await running;
      await projection.stop();
    },
  };
}

const sleep = (waitMs: number, signal: AbortSignal): Promise<void> =>
  delay(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
