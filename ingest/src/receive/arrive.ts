import { createHash } from 'node:crypto';
import { conversationId, conversationStream } from '@recado/domain/commit/stream-id';
import { decideArrival, type Arrival } from '@recado/domain/conversation/decide';
import type { ConversationEventOf } from '@recado/domain/conversation/events';
import { initialConversation, type ConversationState } from '@recado/domain/conversation/state';
import { accept, isRejection } from '@recado/domain/outcome';
import type { NumberSettings, TenantSettings } from '@recado/domain/settings/settings';
import type { Actor } from '@recado/domain/commit/commit';
import type { Contacts } from '../contacts/contacts.ts';
import { compact } from '../meta/json-value.ts';
import type { MessageUpdate } from '../meta/update.ts';
import { episodesBack, type Conversations } from './conversations.ts';
import type { Applied } from './receive.ts';

export interface ArriveDeps {
  contacts: Contacts;
  conversations: Conversations;
  settings: () => TenantSettings;
}

/**
 * A message finds its conversation:
 *
 *   contact ─► latest episode ─► knows it already ──────────────────────────► nothing to append
 *                  │             older than the episode's first message ────► an earlier episode may know it
 *                  │             closed too long ago ───────────────────────► the next episode
 *                  └───────────► joins, reopens or opens it
 *
 * Two first messages at once decide on the same stream: the second append conflicts, reloads and joins.
 */
export function createArrive({ contacts, conversations, settings }: ArriveDeps) {
  const { aggregate } = conversations;

  const isInEarlierEpisode = async (
    update: MessageUpdate,
    at: string,
    contactId: string,
    numberId: string,
    latest: number,
  ) => {
    for (const id of episodesBack(numberId, contactId, latest - 1)) {
      const state = await conversations.state(id);
      if (state.byProviderId[update.providerId]) return true;
      // Began before this message: still earlier episodes had ended by then.
      const began = firstMessageAt(state);
      if (began !== null && began <= at) return false;
    }
    return false;
  };

  /** Nobody has written as this contact before: the conversation can be opened without looking for it. */
  const openFirst = async (arrival: Arrival, actor: Actor): Promise<boolean> => {
    const outcome = decideArrival(initialConversation, arrival);
    if (isRejection(outcome)) return false;
    const opened = await conversations.open(conversationId(arrival), {
      actor,
      cause: { webhook: `message:${arrival.message.data.providerId}` },
      events: outcome.accepted,
    });
    if (opened) conversations.rememberEpisode(arrival.numberId, arrival.contactId, arrival.episode);
    return opened;
  };

  return async (update: MessageUpdate, number: NumberSettings): Promise<Applied> => {
    const { party, newAliases = [] } = update;
    const cause = { webhook: update.key };
    const aliases = [...party.aliases, ...newAliases];
    const { numberId } = number;
    const message = messageReceived(update);
    const actorOf = (contactId: string): Actor =>
      update.kind === 'echo' ? { kind: 'provider', id: numberId } : { kind: 'customer', id: contactId };
    const arrivalOf = (contactId: string, episode: number): Arrival => ({
      message,
      numberId,
      contactId,
      episode,
      provider: number.provider,
      contactName: party.name,
      address: party.address,
      reopeningWindowMs: settings().routing.reopeningWindowMs,
      queueId: number.queueId,
    });
    const isOlder = (state: ConversationState): boolean => {
      const began = firstMessageAt(state);
      return update.occurredAt !== undefined && began !== null && update.occurredAt < began;
    };

    let opened = false;
    const { contactId, isNew } = await contacts.resolve({
      aliases,
      name: party.name,
      cause,
      async beside(newContactId) {
        opened = await openFirst(arrivalOf(newContactId, 1), actorOf(newContactId));
      },
    });
    if (opened)
      return { applied: 'appended', conversationId: conversationId({ numberId, contactId, episode: 1 }) };

    let episode = isNew ? 1 : Math.max(1, await conversations.latestEpisode(numberId, contactId));
    let earlierChecked = episode === 1;
    for (;;) {
      const arrival = arrivalOf(contactId, episode);
      const id = conversationId(arrival);
      let mayBeEarlier = false;
      const handled = await aggregate.handle({
        stream: conversationStream(id),
        actor: actorOf(contactId),
        cause,
        decide(state) {
          mayBeEarlier = !earlierChecked && !state.byProviderId[update.providerId] && isOlder(state);
          return mayBeEarlier ? accept() : decideArrival(state, arrival);
        },
      });
      if (mayBeEarlier) {
        if (await isInEarlierEpisode(update, update.occurredAt ?? '', contactId, numberId, episode)) {
          return { applied: 'known', conversationId: null };
        }
        earlierChecked = true;
      } else if ('rejected' in handled) {
        // `episode_ended`, the only refusal of an arrival.
        episode += 1;
        earlierChecked = true;
      } else {
        conversations.rememberEpisode(numberId, contactId, episode);
        return { applied: handled.commit ? 'appended' : 'known', conversationId: id };
      }
    }
  };
}

/** The message that opened the episode, provider's time; null before there is one. */
function firstMessageAt(state: ConversationState): string | null {
  for (const message of Object.values(state.messages)) if (message.direction === 'in') return message.at;
  return null;
}

/** Derived from the provider's id, so that a message has the same id however often it is received. */
export const inboundMessageId = (providerId: string): string =>
  `in-${createHash('sha256').update(providerId).digest('hex').slice(0, 24)}`;

function messageReceived(update: MessageUpdate): ConversationEventOf<'MessageReceived'> {
  const { providerId, content, replyToProviderId, forwarded, referral, party, occurredAt } = update;
  return compact({
    type: 'MessageReceived' as const,
    occurredAt,
    data: compact({
      messageId: inboundMessageId(providerId),
      providerId,
      content,
      replyToProviderId,
      forwarded,
      echo: update.kind === 'echo' ? true : undefined,
      referral,
      contactName: party.name ?? undefined,
    }),
  });
}
