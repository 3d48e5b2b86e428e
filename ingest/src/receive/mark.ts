import type { Actor } from '@recado/domain/commit/commit';
import { conversationStream } from '@recado/domain/commit/stream-id';
import { decideMark } from '@recado/domain/conversation/decide';
import type { ConversationEventOf } from '@recado/domain/conversation/events';
import type { NumberSettings } from '@recado/domain/settings/settings';
import type { Contacts } from '../contacts/contacts.ts';
import { compact } from '../meta/json-value.ts';
import type { MarkUpdate } from '../meta/update.ts';
import { episodesBack, type Conversations } from './conversations.ts';
import type { Applied } from './receive.ts';

/** How many episodes back a mark or a status looks for its message. */
export const episodesLookedBack = 3;

export interface MarkDeps {
  contacts: Contacts;
  conversations: Conversations;
}

/**
 * A reaction, edit or revocation goes to the episode that knows its message; when none does, to the latest, whose
 * fold keeps it until the message comes. Without any conversation it has to wait outside.
 */
export function createMark({ contacts, conversations }: MarkDeps) {
  return async (update: MarkUpdate, number: NumberSettings): Promise<Applied> => {
    const { numberId } = number;
    const contactId = await contacts.find(update.party.aliases);
    const latest = contactId === null ? 0 : await conversations.latestEpisode(numberId, contactId);
    if (contactId === null || latest === 0) return { waiting: 'conversation_unknown' };
    const candidates = episodesBack(numberId, contactId, latest, latest - episodesLookedBack);
    const id = await episodeKnowing(conversations, candidates, update.targetProviderId);
    const actor: Actor = { kind: 'customer', id: contactId };
    const handled = await conversations.aggregate.handle({
      stream: conversationStream(id),
      actor,
      cause: { webhook: update.key },
      decide: (state) => decideMark(state, markEvent(update)),
    });
    if ('rejected' in handled) return { waiting: handled.rejected };
    return { applied: handled.commit ? 'appended' : 'known', conversationId: id };
  };
}

/** The first of the candidates that knows the provider's id, else the first of all. */
export async function episodeKnowing(
  conversations: Conversations,
  candidates: readonly string[],
  providerId: string,
): Promise<string> {
  for (const id of candidates) {
    const state = await conversations.state(id);
    if (state.byProviderId[providerId] !== undefined || state.reports[providerId] !== undefined) return id;
  }
  return candidates[0] ?? '';
}

function markEvent(
  update: MarkUpdate,
): ConversationEventOf<'ReactionReceived' | 'MessageEdited' | 'MessageRevoked'> {
  const { providerId, targetProviderId, occurredAt } = update;
  switch (update.kind) {
    case 'reaction':
      return compact({
        type: 'ReactionReceived' as const,
        occurredAt,
        data: { providerId, targetProviderId, emoji: update.emoji },
      });
    case 'edit':
      return compact({
        type: 'MessageEdited' as const,
        occurredAt,
        data: { providerId, targetProviderId, content: update.content },
      });
    case 'revoke':
      return compact({ type: 'MessageRevoked' as const, occurredAt, data: { providerId, targetProviderId } });
  }
}
