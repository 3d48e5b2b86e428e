import type { Alias } from '@recado/domain/contact/contact';
import { conversationId } from '@recado/domain/commit/stream-id';
import type { ConversationState } from '@recado/domain/conversation/state';
import type { Contacts } from '../contacts/contacts.ts';
import type { Conversations } from './conversations.ts';

/**
 * Which of a customer's episodes something belongs to when it need not be the latest: providers tell of messages
 * days late, and by then the next episode may have begun.
 */
export interface EpisodesDeps {
  contacts: Contacts;
  conversations: Conversations;
}

/** How many episodes before the latest are asked for the message that a mark or a status is about. */
const lookedBack = 3;

/**
 * The episode that knows the provider's id; when none does, the latest, whose fold keeps what is said of a message
 * until it comes. null: there has been no conversation with this customer.
 */
export async function episodeOf(
  { contacts, conversations }: EpisodesDeps,
  about: { numberId: string; aliases: readonly Alias[]; providerId: string },
): Promise<{ id: string; contactId: string } | null> {
  const { numberId, aliases, providerId } = about;
  const contactId = await contacts.find(aliases);
  const latest = contactId === null ? 0 : await conversations.latestEpisode(numberId, contactId);
  if (contactId === null || latest === 0) return null;
  for (let episode = latest; episode >= Math.max(1, latest - lookedBack); episode--) {
    const id = conversationId({ numberId, contactId, episode });
    const state = await conversations.state(id);
    if (state.byProviderId[providerId] !== undefined || state.reports[providerId] !== undefined)
      return { id, contactId };
  }
  return { id: conversationId({ numberId, contactId, episode: latest }), contactId };
}

/** Whether an episode before `episode` has this message already. `at`: the message's own time. */
export async function isInEarlierEpisode(
  conversations: Conversations,
  message: { numberId: string; contactId: string; episode: number; providerId: string; at: string },
): Promise<boolean> {
  const { numberId, contactId, providerId, at } = message;
  for (let episode = message.episode - 1; episode >= 1; episode--) {
    const state = await conversations.state(conversationId({ numberId, contactId, episode }));
    if (state.byProviderId[providerId]) return true;
    // Began before this message: still earlier episodes had ended by then.
    const began = firstMessageAt(state);
    if (began !== null && began <= at) return false;
  }
  return false;
}

/** The message that opened the episode, provider's time; null before there is one. */
export function firstMessageAt(state: ConversationState): string | null {
  for (const message of Object.values(state.messages)) if (message.direction === 'in') return message.at;
  return null;
}
