import { setTimeout as delay } from 'node:timers/promises';
import type { Person } from '@recado/domain/access/access';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { EventStore } from '@recado/event-store/event-store';
import { follow } from '@recado/event-store/follow';
import type { Checkpoints, Follower, Lease, Leases, Snapshots } from '@recado/event-store/ports';
import { backoffMs } from '@recado/event-store/retry';
import type { Logger } from 'pino';
import { personOf, type User } from '../accounts/account.ts';
import type { Directory } from '../accounts/directory.ts';
import { type BoardKeeper, startBoard } from '../board/board-keeper.ts';
import type { Commands } from '../commands/commands.ts';
import type { MailboxFeeds } from '../gateway/mailbox-feed.ts';
import { createMailboxWriter, type Section } from '../mailbox/mailbox-writer.ts';
import type { Mailboxes, OpenMailbox } from '../mailbox/mailboxes.ts';
import { createProjector } from '../mailbox/projector.ts';
import { createRebuild, type Rebuild } from '../mailbox/rebuild.ts';
import { referenceSection } from '../mailbox/reference-section.ts';
import { createUpkeep, type RotationLimits, type Upkeep } from '../mailbox/upkeep.ts';
import { mediaIn, mediaShown, type MediaScope } from '../media/media-scope.ts';
import type { Presence } from '../presence/presence.ts';
import type { ConversationAggregate } from './aggregates.ts';
import { debounced, regularly } from './repeat.ts';
import type { Roster } from './roster.ts';
import { createTurns } from './turns.ts';

/**
 * What must happen once per tenant, whatever the number of processes: projecting mailboxes, the board, upkeep,
 * silence. Whoever holds the lease does it; the others wait. When the lease is lost, everything here stops and
 * waits for it again.
 */
export interface SingleWorker {
  /** Resolves when what was stored at the time of the call is in the mailboxes. Only while this process works. */
  settled(): Promise<void>;
  /** Runs the upkeep now. */
  upkeep(): Promise<void>;
  rebuildMailbox(userId: string): Promise<OpenMailbox>;
  rotateMailbox(userId: string): Promise<OpenMailbox>;
  stop(): Promise<void>;
}

export interface SingleWorkerDeps {
  couch: CouchConnection;
  tenant: string;
  store: EventStore;
  checkpoints: Checkpoints;
  snapshots: Snapshots;
  leases: Leases;
  directory: Directory;
  conversations: ConversationAggregate;
  roster: Roster;
  mailboxes: Mailboxes;
  commands: Commands;
  presence: Presence;
  mediaScope: MediaScope;
  feeds: MailboxFeeds;
  logger: Logger;
  now: () => number;
  holder: string;
  rotation: RotationLimits;
  /** How long a replaced epoch stays for requests under way, ms. */
  graceMs: number;
  upkeepEveryMs: number;
  personAt: (userId: string) => Person | null;
  /** People who are to have a mailbox. */
  holders: () => User[];
}

interface Work {
  follower: Follower;
  board: BoardKeeper;
  upkeep: Upkeep;
  rebuild: Rebuild;
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  runUpkeep(): Promise<void>;
  stop(): Promise<void>;
}

export function startSingleWorker(deps: SingleWorkerDeps): SingleWorker {
  const { leases, holder, logger } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  let working = Promise.withResolvers<Work>();
  working.promise.catch(() => undefined);

  const workOnce = async (): Promise<void> => {
    const lease: Lease = await leases.hold('mailbox-projector', { holder, signal });
    const work = await startWork(deps);
    working.resolve(work);
    try {
      await aborted(AbortSignal.any([lease.signal, signal]));
    } finally {
      working = Promise.withResolvers<Work>();
      working.promise.catch(() => undefined);
      await work.stop();
      await lease.release();
    }
    if (!signal.aborted) logger.warn('the lease of the mailboxes was lost');
  };

  const running = (async () => {
    for (let failures = 0; !signal.aborted;) {
      try {
        await workOnce();
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        failures++;
        logger.error({ err: error, failures }, 'the work on mailboxes could not start');
        await delay(backoffMs(failures, { maxMs: 5_000 }), undefined, { signal }).catch(() => undefined);
      }
    }
  })();

  return {
    async settled() {
      const { follower, board } = await working.promise;
      await deps.roster.settled();
      await follower.settled();
      await board.settled();
    },
    upkeep: async () => (await working.promise).runUpkeep(),
    async rebuildMailbox(userId) {
      const { exclusively, rebuild } = await working.promise;
      return exclusively(() => rebuild.fromEvents(userId));
    },
    async rotateMailbox(userId) {
      const { exclusively, rebuild } = await working.promise;
      return exclusively(() => rebuild.rotate(userId));
    },
    async stop() {
      stopping.abort();
      await running;
      working.reject(new Error('stopped'));
    },
  };
}

async function startWork(deps: SingleWorkerDeps): Promise<Work> {
  const {
    couch,
    tenant,
    store,
    checkpoints,
    directory,
    conversations,
    roster,
    mailboxes,
    presence,
    logger,
    now,
  } = deps;
  const turns = createTurns();
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => turns('mailboxes', work);
  // A conversation is written as it is now, which may be ahead of the commits that are being followed.
  const writer = createMailboxWriter({ before: (bodies) => deps.mediaScope.add(mediaShown(bodies)) });
  const timers = new Set<NodeJS.Timeout>();
  const onError = (error: unknown) =>
    logger.error({ err: error }, 'the work on mailboxes failed and tries again');

  const mayHold = async (userId: string): Promise<boolean> => {
    await directory.findUser(userId);
    return deps.holders().some((user) => user.userId === userId);
  };
  const board = startBoard({
    ...deps,
    exclusively,
    writer,
    viewers: () => deps.holders().map(personOf),
    onError,
  });
  const sharedSections = (userId: string): Section[] => {
    const user = directory.user(userId);
    if (!user) return [];
    const shown = board.sectionFor(personOf(user));
    return [referenceSection(user, directory.usersOf(tenant), roster.state()), ...(shown ? [shown] : [])];
  };
  const projector = createProjector({ conversations, mailboxes, writer, roster, now, mayHold });
  const rebuild = createRebuild({
    couch,
    store,
    conversations,
    mailboxes,
    writer,
    roster,
    logger,
    now,
    sharedSections,
    onReplaced(old, present) {
      deps.feeds.end(old.name);
      const timer = setTimeout(() => {
        timers.delete(timer);
        void upkeep.destroyReplaced(old, present);
      }, deps.graceMs);
      timers.add(timer);
    },
  });
  const upkeep = createUpkeep({
    ...deps,
    writer,
    rebuild,
    exclusively,
    mayHold,
    holders: () => deps.holders().map(({ userId }) => userId),
  });

  const writeReferences = async (): Promise<void> => {
    for (const { userId } of deps.holders()) {
      await exclusively(async () => {
        const mailbox = await mailboxes.ensure(userId);
        if (mailbox) await writer.write(mailbox.database, sharedSections(userId));
      });
    }
  };
  const references = debounced(writeReferences, 50, onError);

  const runUpkeep = async (): Promise<void> => {
    await upkeep.run();
    await writeReferences();
    await presence.save();
    await presence.checkSilence();
    for (const user of deps.holders()) {
      const mailbox = await mailboxes.ensure(user.userId);
      if (mailbox) await deps.commands.sweep(personOf(user), mailbox);
    }
  };

  await upkeep.removeLeftovers();
  const stopListening = [roster.onChange(references.ask), directory.onChange(references.ask)];
  const follower = follow({
    store,
    checkpoints,
    name: 'mailbox-projector',
    onError,
    async handle(commits) {
      // All of them: a conversation that nobody has is in no mailbox.
      await deps.mediaScope.add(mediaIn(commits));
      await exclusively(() => projector.project(commits));
    },
  });
  const regular = regularly(runUpkeep, deps.upkeepEveryMs, onError);

  return {
    follower,
    board,
    upkeep,
    rebuild,
    exclusively,
    runUpkeep,
    async stop() {
      for (const stop of stopListening) stop();
      for (const timer of timers) clearTimeout(timer);
      await regular.stop();
      await references.stop();
      await follower.stop();
      await board.stop();
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
