import { conversationStream, parseConversationId } from '@recado/domain/commit/stream-id';
import { decideReport } from '@recado/domain/conversation/decide';
import type { ConversationEventOf } from '@recado/domain/conversation/events';
import type { NumberSettings } from '@recado/domain/settings/settings';
import { compact } from '../meta/json-value.ts';
import type { StatusUpdate } from '../meta/update.ts';
import { parseSendReference, type SendReference } from '../outbox/send-reference.ts';
import { episodesBack } from './conversations.ts';
import { episodeKnowing, episodesLookedBack, type MarkDeps } from './mark.ts';
import type { Applied } from './receive.ts';

/**
 * A delivery status. What we sent along names conversation and attempt, so it goes straight to its stream, even
 * before the send itself was answered. Without that, the recipient's latest episodes are asked.
 */
export function createReport({ contacts, conversations }: MarkDeps) {
  const fold = async (
    id: string,
    update: StatusUpdate,
    attemptId: string | null,
    numberId: string,
  ): Promise<Applied> => {
    const handled = await conversations.aggregate.handle({
      stream: conversationStream(id),
      actor: { kind: 'provider', id: numberId },
      cause: { webhook: update.key },
      decide: (state) => decideReport(state, deliveryReported(update, attemptId)),
    });
    if ('rejected' in handled) return { waiting: handled.rejected };
    return { applied: handled.commit ? 'appended' : 'known', conversationId: id };
  };

  return async (update: StatusUpdate, number: NumberSettings): Promise<Applied> => {
    const { numberId } = number;
    const reference = ownReference(update, numberId);
    if (reference) {
      const applied = await fold(reference.conversationId, update, reference.attemptId, numberId);
      if ('applied' in applied) return applied;
    }
    const contactId = await contacts.find(update.aliases);
    const latest = contactId === null ? 0 : await conversations.latestEpisode(numberId, contactId);
    if (contactId === null || latest === 0) return { waiting: 'conversation_unknown' };
    const candidates = episodesBack(numberId, contactId, latest, latest - episodesLookedBack);
    return fold(await episodeKnowing(conversations, candidates, update.providerId), update, null, numberId);
  };
}

/** Only a conversation of the number that the status came for: whatever else the text says is not ours. */
function ownReference(update: StatusUpdate, numberId: string): SendReference | null {
  const reference = parseSendReference(update.opaque);
  if (!reference || parseConversationId(reference.conversationId)?.numberId !== numberId) return null;
  return reference;
}

function deliveryReported(
  update: StatusUpdate,
  attemptId: string | null,
): ConversationEventOf<'DeliveryReported'> {
  const { providerId, status, error, pricing, occurredAt } = update;
  return compact({
    type: 'DeliveryReported' as const,
    occurredAt,
    data: compact({ providerId, attemptId, status, error, pricing }),
  });
}
