import type { Commit } from '@recado/domain/commit/commit';
import { conversationStream, isConversationStream } from '@recado/domain/commit/stream-id';
import { instant } from '@recado/domain/time';
import type { ConversationAggregate, HeldConversation } from '../tenants/aggregates.ts';
import { isSettingsStream, type Roster } from '../tenants/roster.ts';
import { conversationSection, holderOf } from './conversation-section.ts';
import type { MailboxWriter, Section } from './mailbox-writer.ts';
import type { Mailboxes } from './mailboxes.ts';

/**
 * Events → mailboxes. For each conversation that a batch touches: its documents go to the mailbox of who has it
 * and out of the mailboxes of all others who ever had it, with one write for each mailbox.
 *
 * Idempotent: what is written follows from the streams alone, so a batch given again writes nothing new.
 */
export interface Projector {
  project(commits: readonly Commit[]): Promise<void>;
  /** Compares everything that a mailbox holds with its streams: after a change of settings, or of the retention. */
  refresh(userId: string): Promise<void>;
}

export interface ProjectorDeps {
  conversations: ConversationAggregate;
  mailboxes: Mailboxes;
  writer: MailboxWriter;
  roster: Roster;
  now: () => number;
  /** False for people who must not have a mailbox: nothing is written for them. */
  mayHold: (userId: string) => Promise<boolean>;
}

/** Events after which somebody may have lost the conversation. */
const moves = new Set([
  'ConversationQueued',
  'ConversationAssigned',
  'ConversationClosed',
  'ConversationReopened',
]);

export function createProjector(deps: ProjectorDeps): Projector {
  const { conversations, mailboxes, writer, roster, now, mayHold } = deps;

  const place = () => ({
    now: instant(now()),
    retentionMs: roster.state().settings.routing.mailboxRetentionMs,
  });

  /** Sections by mailbox for one conversation. */
  const sectionsOf = (
    { conversation, everAgents }: HeldConversation,
    moved: boolean,
  ): [string, Section][] => {
    const holder = holderOf(conversation, place());
    const { settings } = roster.state();
    return everAgents.flatMap((userId): [string, Section][] => {
      if (userId === holder)
        return [[userId, conversationSection(conversation.id, { state: conversation, settings })]];
      return moved ? [[userId, conversationSection(conversation.id, null)]] : [];
    });
  };

  const write = async (userId: string, sections: readonly Section[]): Promise<void> => {
    if (!(await mayHold(userId))) return;
    const mailbox = await mailboxes.ensure(userId);
    if (mailbox) await writer.write(mailbox.database, sections);
  };

  const refresh = async (userId: string): Promise<void> => {
    const mailbox = await mailboxes.ensure(userId);
    if (!mailbox) return;
    const held = await mailbox.database.allIds({ startKey: 'conv.', endKey: 'conv/' });
    for (const { id } of held) {
      const conversationId = id.slice('conv.'.length);
      const { state } = await conversations.load(conversationStream(conversationId));
      const { settings } = roster.state();
      const isHolder = holderOf(state.conversation, place()) === userId;
      const shown = isHolder ? { state: state.conversation, settings } : null;
      await writer.write(mailbox.database, [conversationSection(conversationId, shown)]);
    }
  };

  return {
    refresh,
    async project(commits) {
      const settingsCommits = commits.filter(({ stream }) => isSettingsStream(stream));
      for (const commit of settingsCommits) await roster.reached(commit);
      const byStream = Map.groupBy(
        commits.filter(({ stream }) => isConversationStream(stream)),
        ({ stream }) => stream,
      );
      const sections = await Promise.all(
        [...byStream.values()].map(async (ofStream) => {
          // One by one: each is folded onto the state before it without reading the store.
          let held: HeldConversation | null = null;
          for (const commit of ofStream) held = (await conversations.catchUp(commit)).state;
          const moved = ofStream.some(({ events }) => events.some(({ type }) => moves.has(type)));
          return held ? sectionsOf(held, moved) : [];
        }),
      );
      const byMailbox = Map.groupBy(sections.flat(), ([userId]) => userId);
      await Promise.all(
        [...byMailbox].map(([userId, entries]) =>
          write(
            userId,
            entries.map(([, section]) => section),
          ),
        ),
      );
      if (settingsCommits.length === 0) return;
      // Names and service levels are shown in the documents.
      for (const { userId, state } of await mailboxes.all())
        if (state === 'live' && (await mayHold(userId))) await refresh(userId);
    },
  };
}
