import { addMs, day, instant } from '@recado/domain/time';
import type { ConvDoc } from '@recado/domain/wire/documents';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import { CouchRefused } from '@recado/event-store/couch/faults';
import type { Logger } from 'pino';
import type { CommandBody } from '../commands/received-command.ts';
import type { Roster } from '../tenants/roster.ts';
import { conversationSection } from './conversation-section.ts';
import type { MailboxWriter } from './mailbox-writer.ts';
import type { Mailboxes, OpenMailbox } from './mailboxes.ts';
import { carryCommands, type Rebuild } from './rebuild.ts';

/** How long a command stays in the mailbox after it was decided, ms. Text to review waits for its person longer. */
export const commandRetention = { decided: 3 * day, review: 30 * day } as const;

export interface RotationLimits {
  /** Tombstones that are too many whatever the size. */
  tombstones: number;
  /** Below this, tombstones that outnumber the living weigh nothing yet. */
  atLeast: number;
}
export const defaultRotation: RotationLimits = { tombstones: 5_000, atLeast: 500 };

/**
 * What time does to mailboxes: closed conversations and decided commands leave, heavy ones are rebuilt, those of
 * people who have left are removed. Looks at what is there instead of keeping timers, so a restart or a changed
 * setting needs no care.
 */
export interface Upkeep {
  run(): Promise<void>;
  /** Destroys databases of epochs that are not the present ones. */
  removeLeftovers(): Promise<void>;
  destroyReplaced(old: OpenMailbox, present: OpenMailbox): Promise<void>;
}

export interface UpkeepDeps {
  couch: CouchConnection;
  tenant: string;
  mailboxes: Mailboxes;
  writer: MailboxWriter;
  rebuild: Rebuild;
  roster: Roster;
  logger: Logger;
  now: () => number;
  rotation: RotationLimits;
  /** People who are to have a mailbox. */
  holders: () => string[];
  /** The same for one person, certain also of those whom this process has not heard of yet. */
  mayHold: (userId: string) => Promise<boolean>;
  /** So that upkeep and projection never write the same mailbox at once. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { couch, tenant, mailboxes, writer, rebuild, roster, now, rotation, holders, exclusively, logger } =
    deps;

  const clearConversations = async ({ database }: OpenMailbox): Promise<void> => {
    const { mailboxRetentionMs } = roster.state().settings.routing;
    const conversations = await database.allDocs<Pick<ConvDoc, 'phase' | 'closedAt' | 'conversationId'>>({
      startKey: 'conv.',
      endKey: 'conv/',
    });
    const over = conversations.filter(
      ({ phase, closedAt }) =>
        phase === 'closed' && closedAt !== null && addMs(closedAt, mailboxRetentionMs) <= instant(now()),
    );
    if (over.length > 0)
      await writer.write(
        database,
        over.map(({ conversationId }) => conversationSection(conversationId, null)),
      );
  };

  const clearCommands = async ({ database }: OpenMailbox): Promise<void> => {
    const commands = await database.allDocs<CommandBody>({ startKey: 'cmd.', endKey: 'cmd/' });
    const over = commands.filter(({ status, decidedAt }) => {
      if (status === 'pending' || decidedAt === undefined) return false;
      const keep = status === 'review' ? commandRetention.review : commandRetention.decided;
      return addMs(decidedAt, keep) <= instant(now());
    });
    if (over.length > 0) await database.bulk(over.map(({ _id, _rev }) => ({ _id, _rev, _deleted: true })));
  };

  const weigh = async ({
    name,
  }: OpenMailbox): Promise<{ doc_count: number; doc_del_count: number } | null> => {
    try {
      return await couch.call({ path: encodeURIComponent(name) });
    } catch (error) {
      if (error instanceof CouchRefused && error.status === 404) return null;
      throw error;
    }
  };

  const isHeavy = ({
    doc_count: living,
    doc_del_count: removed,
  }: {
    doc_count: number;
    doc_del_count: number;
  }): boolean => {
    return removed > rotation.tombstones || (removed > rotation.atLeast && removed > living);
  };

  const keep = (userId: string): Promise<void> =>
    exclusively(async () => {
      const record = await mailboxes.recorded(userId);
      // Somebody who came back, or got the role again: the earlier database is gone.
      if (record?.state === 'removed') return void (await rebuild.fromEvents(userId));
      const mailbox = await mailboxes.ensure(userId);
      if (!mailbox) return;
      // A mailbox is disposable: one that was lost is made again.
      if ((await weigh(mailbox)) === null) return void (await rebuild.fromEvents(userId));
      await clearConversations(mailbox);
      await clearCommands(mailbox);
      const weight = await weigh(mailbox);
      if (weight && isHeavy(weight)) await rebuild.rotate(userId);
    });

  const removeUnlessHeld = (userId: string): Promise<void> =>
    exclusively(async () => {
      // Asked here and now: somebody may have come while the others were being kept.
      if (await deps.mayHold(userId)) return;
      const record = await mailboxes.recorded(userId);
      if (!record) return;
      await mailboxes.remove(userId);
      await couch.destroyDatabase(mailboxes.at(userId, record.epoch).name);
    });

  const attempt = async (userId: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // One mailbox in trouble must not keep the others from their upkeep; the next run tries again.
      logger.error({ err: error, userId }, 'the upkeep of a mailbox failed');
    }
  };

  return {
    async run() {
      for (const userId of holders()) await attempt(userId, () => keep(userId));
      for (const { userId, state } of await mailboxes.all())
        if (state === 'live') await attempt(userId, () => removeUnlessHeld(userId));
    },
    async removeLeftovers() {
      const records = new Map((await mailboxes.all()).map((record) => [record.userId, record]));
      for (const name of await couch.databaseNames(`recado-${tenant}-mb-`)) {
        const [, userId = '', epoch] = /-mb-([a-z0-9]+)-e(\d+)$/.exec(name) ?? [];
        const record = records.get(userId);
        // A higher number may be one that is being built, and one without a record is being created.
        if (!record || (Number(epoch) >= record.epoch && record.state === 'live')) continue;
        const old = mailboxes.at(userId, Number(epoch));
        // A push may have reached it after the switch, just before a crash.
        if (record.state === 'live')
          await carryCommands(old.database, mailboxes.at(userId, record.epoch).database);
        await couch.destroyDatabase(name);
      }
    },
    async destroyReplaced(old, present) {
      await exclusively(async () => {
        if ((await mailboxes.recorded(old.userId))?.epoch === present.epoch)
          await carryCommands(old.database, present.database);
        await couch.destroyDatabase(old.name);
      }).catch((error: unknown) =>
        logger.warn({ err: error, name: old.name }, 'a replaced mailbox is still there'),
      );
    },
  };
}
