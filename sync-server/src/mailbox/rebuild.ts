import type { Commit } from '@recado/domain/commit/commit';
import { conversationIdOf, conversationStream, isConversationStream } from '@recado/domain/commit/stream-id';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import { rememberedRevisions } from '@recado/domain/databases';
import { instant } from '@recado/domain/time';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import type { EventStore } from '@recado/event-store/event-store';
import type { Logger } from 'pino';
import type { ConversationAggregate } from '../tenants/aggregates.ts';
import type { Roster } from '../tenants/roster.ts';
import { conversationSection, holderOf } from './conversation-section.ts';
import type { MailboxWriter, Section } from './mailbox-writer.ts';
import type { Mailboxes, OpenMailbox } from './mailboxes.ts';

/**
 * Builds a new epoch of a mailbox, complete, then makes it the present one.
 *
 *   epoch N ───────────────────────── commands ─► destroyed after a grace time
 *      └─ conversations by id ─► epoch N+1 built ─► record switched ─► devices get 410 and start anew
 *
 * A crash before the switch leaves a database that nobody knows; the next build of that number starts by
 * destroying it. A crash after it leaves the old one, which `removeLeftovers` finds by its number.
 */
export interface Rebuild {
  /** From what the mailbox holds now: quick. Fixes weight, not content that is wrong. */
  rotate(userId: string): Promise<OpenMailbox>;
  /** From the events alone. Reads all of them. */
  fromEvents(userId: string): Promise<OpenMailbox>;
}

export interface RebuildDeps {
  couch: CouchConnection;
  store: EventStore;
  conversations: ConversationAggregate;
  mailboxes: Mailboxes;
  writer: MailboxWriter;
  roster: Roster;
  logger: Logger;
  now: () => number;
  /** Reference data and board of this person. */
  sharedSections: (userId: string) => Section[];
  /** Called with an epoch that has been replaced; the owner destroys it later. */
  onReplaced: (old: OpenMailbox, present: OpenMailbox) => void;
}

export function createRebuild(deps: RebuildDeps): Rebuild {
  const { couch, conversations, mailboxes, writer, roster, now, logger } = deps;

  const exists = async (userId: string, epoch: number): Promise<boolean> => {
    const { name } = mailboxes.at(userId, epoch);
    return (await couch.databaseNames(name)).includes(name);
  };

  const build = async (userId: string, conversationIds: readonly string[]): Promise<OpenMailbox> => {
    const record = await mailboxes.recorded(userId);
    const old =
      record?.state === 'live' && (await exists(userId, record.epoch))
        ? mailboxes.at(userId, record.epoch)
        : null;
    const next = mailboxes.at(userId, (record?.epoch ?? 0) + 1);
    await couch.destroyDatabase(next.name);
    await couch.ensureDatabase(next.name, { q: 1, revsLimit: rememberedRevisions });
    const { settings } = roster.state();
    for (const conversationId of conversationIds) {
      const { state } = await conversations.load(conversationStream(conversationId));
      const place = { now: instant(now()), retentionMs: settings.routing.mailboxRetentionMs };
      if (holderOf(state.conversation, place) !== userId) continue;
      await writer.write(next.database, [
        conversationSection(conversationId, { state: state.conversation, settings }),
      ]);
    }
    await writer.write(next.database, deps.sharedSections(userId));
    if (old) await carryCommands(old.database, next.database);
    const present = await mailboxes.switchTo(userId, next.epoch);
    logger.info(
      { userId, epoch: present.epoch, conversations: conversationIds.length },
      'a mailbox was rebuilt',
    );
    if (old) {
      // A push under way may have reached the old database after the first carrying.
      await carryCommands(old.database, present.database);
      deps.onReplaced(old, present);
    }
    return present;
  };

  return {
    async rotate(userId) {
      const mailbox = await mailboxes.ensure(userId);
      const held = mailbox ? await mailbox.database.allIds({ startKey: 'conv.', endKey: 'conv/' }) : [];
      return build(
        userId,
        held.map(({ id }) => id.slice('conv.'.length)),
      );
    },
    fromEvents: async (userId) => build(userId, await findHeld(deps.store, userId)),
  };
}

/** Conversations last given to this person, from the events alone. Keeps one small entry for each open one. */
async function findHeld(store: EventStore, userId: string): Promise<string[]> {
  const held = new Set<string>();
  const signal = new AbortController().signal;
  for await (const { commits } of store.changes({ after: null, live: false, signal })) {
    for (const commit of commits) {
      if (!isConversationStream(commit.stream)) continue;
      for (const event of (commit as Commit<ConversationEvent>).events) {
        if (event.type === 'ConversationQueued') held.delete(conversationIdOf(commit.stream));
        if (event.type !== 'ConversationAssigned') continue;
        if (event.data.agentId === userId) held.add(conversationIdOf(commit.stream));
        else held.delete(conversationIdOf(commit.stream));
      }
    }
  }
  return [...held];
}

type CommandDocument = { status: string };

/** Copies what the new epoch lacks; a verdict replaces a pending one. Safe to repeat. */
export async function carryCommands(from: CouchDatabase, to: CouchDatabase): Promise<void> {
  const range = { startKey: 'cmd.', endKey: 'cmd/' };
  const known = new Map((await to.allDocs<CommandDocument>(range)).map((doc) => [doc._id, doc]));
  const missing = (await from.allDocs<CommandDocument>(range)).flatMap(({ _rev, ...doc }) => {
    const there = known.get(doc._id);
    if (!there) return [doc];
    return there.status === 'pending' && doc.status !== 'pending' ? [{ ...doc, _rev: there._rev }] : [];
  });
  if (missing.length > 0) await to.bulk(missing);
}
