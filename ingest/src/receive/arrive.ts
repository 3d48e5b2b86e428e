import { createHash } from 'node:crypto';
import type { Actor, Cause } from '@recado/domain/commit/commit';
import { conversationId, conversationStream } from '@recado/domain/commit/stream-id';
import { decideArrival, type Arrival } from '@recado/domain/conversation/decide';
import type { ConversationEventOf } from '@recado/domain/conversation/events';
import { initialConversation, type ConversationState } from '@recado/domain/conversation/state';
import { accept, isRejection } from '@recado/domain/outcome';
import type { NumberSettings, TenantSettings } from '@recado/domain/settings/settings';
import type { Contacts } from '../contacts/contacts.ts';
import { compact } from '../meta/json-value.ts';
import type { MessageUpdate } from '../meta/update.ts';
import type { Applied } from './applied.ts';
import type { Conversations } from './conversations.ts';
import { firstMessageAt, isInEarlierEpisode } from './episodes.ts';

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
  return async (update: MessageUpdate, number: NumberSettings): Promise<Applied> => {
    const { party, newAliases = [] } = update;
    const { numberId } = number;
    const incoming = incomingOf(update, number, settings());
    let opened = false;
    const { contactId, isNew } = await contacts.resolve({
      aliases: [...party.aliases, ...newAliases],
      name: party.name,
      cause: incoming.cause,
      async beside(newContactId) {
        opened = await openFirst(incoming, newContactId);
      },
    });
    if (opened)
      return { applied: 'appended', conversationId: conversationId({ numberId, contactId, episode: 1 }) };
    const latest = isNew ? 0 : await conversations.latestEpisode(numberId, contactId);
    return join(incoming, contactId, Math.max(1, latest));
  };

  /** Nobody has written as this contact before: the conversation can be opened without looking for it. */
  async function openFirst(incoming: Incoming, contactId: string): Promise<boolean> {
    const arrival = incoming.arrivalAt(contactId, 1);
    const outcome = decideArrival(initialConversation, arrival);
    if (isRejection(outcome)) return false;
    const opened = await conversations.open(conversationId(arrival), {
      actor: incoming.actor(contactId),
      cause: incoming.cause,
      events: outcome.accepted,
    });
    if (opened) conversations.rememberEpisode(arrival.numberId, contactId, arrival.episode);
    return opened;
  }

  /** Begins at the latest episode that we know of, and goes on until one takes the message or has it already. */
  async function join(incoming: Incoming, contactId: string, latest: number): Promise<Applied> {
    const { update, cause } = incoming;
    const { providerId, occurredAt: at = '' } = update;
    let episode = latest;
    let earlierChecked = episode === 1;
    for (;;) {
      const arrival = incoming.arrivalAt(contactId, episode);
      const id = conversationId(arrival);
      let mayBeEarlier = false;
      const handled = await conversations.aggregate.handle({
        stream: conversationStream(id),
        actor: incoming.actor(contactId),
        cause,
        decide(state) {
          mayBeEarlier = !earlierChecked && !state.byProviderId[providerId] && isOlder(update, state);
          return mayBeEarlier ? accept() : decideArrival(state, arrival);
        },
      });
      if (mayBeEarlier) {
        if (await isInEarlierEpisode(conversations, { ...arrival, providerId, at }))
          return { applied: 'known', conversationId: null };
        earlierChecked = true;
      } else if ('rejected' in handled) {
        // `episode_ended`, the only refusal of an arrival.
        episode += 1;
        earlierChecked = true;
      } else {
        conversations.rememberEpisode(arrival.numberId, contactId, episode);
        return { applied: handled.commit ? 'appended' : 'known', conversationId: id };
      }
    }
  }
}

/** The message as each conversation that may take it is asked about it. */
interface Incoming {
  update: MessageUpdate;
  cause: Cause;
  actor(contactId: string): Actor;
  arrivalAt(contactId: string, episode: number): Arrival;
}

function incomingOf(update: MessageUpdate, number: NumberSettings, settings: TenantSettings): Incoming {
  const { numberId, provider, queueId } = number;
  const { name: contactName, address } = update.party;
  const { reopeningWindowMs } = settings.routing;
  const message = messageReceived(update);
  return {
    update,
    cause: { webhook: update.key },
    actor: (contactId) =>
      update.kind === 'echo' ? { kind: 'provider', id: numberId } : { kind: 'customer', id: contactId },
    arrivalAt: (contactId, episode) => ({
      message,
      numberId,
      contactId,
      episode,
      provider,
      contactName,
      address,
      reopeningWindowMs,
      queueId,
    }),
  };
}

/** Whether it was said before the episode's first message. */
function isOlder({ occurredAt }: MessageUpdate, state: ConversationState): boolean {
  const began = firstMessageAt(state);
  return occurredAt !== undefined && began !== null && occurredAt < began;
}

function messageReceived(update: MessageUpdate): ConversationEventOf<'MessageReceived'> {
  const { providerId, content, replyToProviderId, forwarded, referral, party, occurredAt } = update;
  return compact({
    type: 'MessageReceived' as const,
    occurredAt,
    data: compact({
      messageId: messageIdOf(providerId),
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

/** Derived from the provider's id, so that a message has the same id however often it is received. */
const messageIdOf = (providerId: string): string =>
  `in-${createHash('sha256').update(providerId).digest('hex').slice(0, 24)}`;
