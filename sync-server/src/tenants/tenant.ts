import { may, type Person } from '@recado/domain/access/access';
import { rememberedRevisions, workDatabase } from '@recado/domain/databases';
import { instant } from '@recado/domain/time';
import { createCheckpoints } from '@recado/event-store/checkpoints';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { EventStore } from '@recado/event-store/event-store';
import { type Aggregate, createAggregate } from '@recado/event-store/handle-command';
import { installEventsDatabase } from '@recado/event-store/install-events-database';
import { createLeases } from '@recado/event-store/lease';
import type { LivingProcess } from '@recado/event-store/living-process';
import { createSnapshots } from '@recado/event-store/snapshots';
import type { MediaStore } from '@recado/media-store/media-store';
import type { Logger } from 'pino';
import { personOf } from '../accounts/account.ts';
import type { Directory } from '../accounts/directory.ts';
import { type Commands, createCommands } from '../commands/commands.ts';
import type { MailboxFeeds } from '../gateway/mailbox-feed.ts';
import { createMailboxes, hasMailbox, type Mailboxes } from '../mailbox/mailboxes.ts';
import type { RotationLimits } from '../mailbox/upkeep.ts';
import { createMediaScope, type MediaScope } from '../media/media-scope.ts';
import { createPresence, type Presence } from '../presence/presence.ts';
import type { AccessEvent } from '../session/access-events.ts';
import { type AgentAggregate, type ConversationAggregate, createAggregates } from './aggregates.ts';
import { createRoster, type Roster } from './roster.ts';
import { type SingleWorker, startSingleWorker } from './single-worker.ts';

/** Everything that serves one tenant in this process. */
export interface TenantRuntime {
  tenant: string;
  store: EventStore;
  conversations: ConversationAggregate;
  agents: AgentAggregate;
  access: Aggregate<null, AccessEvent>;
  roster: Roster;
  mailboxes: Mailboxes;
  commands: Commands;
  presence: Presence;
  mediaScope: MediaScope;
  /** Projection and upkeep, which one process of the installation does at a time. */
  worker: SingleWorker;
  stop(): Promise<void>;
}

export interface TenantDeps {
  couch: CouchConnection;
  directory: Directory;
  feeds: MailboxFeeds;
  media: Pick<MediaStore, 'has'>;
  logger: Logger;
  now: () => number;
  /** Name of this process among those of the installation. */
  holder: string;
  /** This process, as those of this machine may tell whether it lives. */
  process?: LivingProcess;
  rotation: RotationLimits;
  graceMs: number;
  upkeepEveryMs: number;
}

export async function startTenant(deps: TenantDeps & { tenant: string }): Promise<TenantRuntime> {
  const { couch, directory, tenant, media, now } = deps;
  const logger = deps.logger.child({ tenant });
  await installEventsDatabase(couch, tenant);
  await couch.ensureDatabase(workDatabase(tenant), { q: 1, revsLimit: rememberedRevisions });
  const work = couch.database(workDatabase(tenant));
  const store = createCouchEventStore({ couch, tenant, logger });
  const at = () => instant(now());
  const { conversations, agents } = createAggregates({ store, now: at });
  const access = createAggregate<null, AccessEvent>({
    store,
    now: at,
    fold: { initial: null, evolve: () => null },
  });
  const snapshots = createSnapshots({ database: work });
  const onError = (error: unknown) => logger.error({ err: error }, 'a projection failed and tries again');
  const roster = createRoster({ store, snapshots, onError });
  await roster.settled();
  const mailboxes = createMailboxes({ couch, tenant, now });

  const personAt = (userId: string): Person | null => {
    const user = directory.user(userId);
    return user && user.tenantId === tenant && !user.disabled ? personOf(user) : null;
  };
  const mediaScope = createMediaScope({ work });
  const commands = createCommands({
    couch,
    logger,
    now,
    conversations,
    agents,
    hasMedia: async (mediaHash) => (await mediaScope.has(mediaHash)) && media.has(mediaHash),
    hasQueue: (queueId) => roster.state().settings.queues[queueId] !== undefined,
    mayBeAssigned(userId) {
      const person = personAt(userId);
      return person !== null && may(person, 'attend');
    },
  });
  const presence = createPresence({ work, agents, roster, logger, now });
  const worker = startSingleWorker({
    ...deps,
    logger,
    store,
    conversations,
    roster,
    mailboxes,
    commands,
    presence,
    mediaScope,
    snapshots,
    checkpoints: createCheckpoints({ database: work }),
    leases: createLeases({ database: work, clock: now, process: deps.process }),
    personAt,
    holders: () => directory.usersOf(tenant).filter((user) => !user.disabled && hasMailbox(personOf(user))),
  });

  return {
    tenant,
    store,
    conversations,
    agents,
    access,
    roster,
    mailboxes,
    commands,
    presence,
    mediaScope,
    worker,
    async stop() {
      await worker.stop();
      await presence.save().catch((error: unknown) => logger.warn({ err: error }, 'presence was not saved'));
      await roster.stop();
      await store.stop();
    },
  };
}
