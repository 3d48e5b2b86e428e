import { conversationStream, parseConversationId } from '@recado/domain/commit/stream-id';
import { decideReport } from '@recado/domain/conversation/decide';
import type { ConversationEventOf } from '@recado/domain/conversation/events';
import type { NumberSettings } from '@recado/domain/settings/settings';
import { compact } from '../meta/json-value.ts';
import type { StatusUpdate } from '../meta/update.ts';
import { parseSendReference, type SendReference } from '../outbox/send-reference.ts';
import type { Applied } from './applied.ts';
import { episodeOf, type EpisodesDeps } from './episodes.ts';

/**
 * A delivery status. What we sent along names conversation and attempt, so it goes straight to its stream, even
 * before the send itself was answered. Without that, the recipient's latest episodes are asked.
 */
export function createReport(deps: EpisodesDeps) {
  const { aggregate } = deps.conversations;
  const tell = async (
    update: StatusUpdate,
    numberId: string,
    { conversationId, attemptId }: { conversationId: string; attemptId: string | null },
  ): Promise<Applied> => {
    const handled = await aggregate.handle({
      stream: conversationStream(conversationId),
      actor: { kind: 'provider', id: numberId },
      cause: { webhook: update.key },
      decide: (state) => decideReport(state, deliveryReported(update, attemptId)),
    });
    if ('rejected' in handled) return { waiting: handled.rejected };
    return { applied: handled.commit ? 'appended' : 'known', conversationId };
  };

  return async (update: StatusUpdate, { numberId }: NumberSettings): Promise<Applied> => {
    const reference = ownReference(update, numberId);
    if (reference) {
      const applied = await tell(update, numberId, reference);
      if ('applied' in applied) return applied;
    }
    const { aliases, providerId } = update;
    const found = await episodeOf(deps, { numberId, aliases, providerId });
    if (!found) return { waiting: 'conversation_unknown' };
    return tell(update, numberId, { conversationId: found.id, attemptId: null });
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
