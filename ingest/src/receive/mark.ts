import { conversationStream } from '@recado/domain/commit/stream-id';
import { decideMark } from '@recado/domain/conversation/decide';
import type { ConversationEventOf } from '@recado/domain/conversation/events';
import type { NumberSettings } from '@recado/domain/settings/settings';
import { compact } from '../meta/json-value.ts';
import type { MarkUpdate } from '../meta/update.ts';
import type { Applied } from './applied.ts';
import { episodeOf, type EpisodesDeps } from './episodes.ts';

/**
 * A reaction, edit or revocation goes to the episode that knows its message; when none does, to the latest, whose
 * fold keeps it until the message comes. Without any conversation it has to wait outside.
 */
export function createMark(deps: EpisodesDeps) {
  const { aggregate } = deps.conversations;
  return async (update: MarkUpdate, { numberId }: NumberSettings): Promise<Applied> => {
    const { targetProviderId, party } = update;
    const found = await episodeOf(deps, {
      numberId,
      aliases: party.aliases,
      providerId: targetProviderId,
    });
    if (!found) return { waiting: 'conversation_unknown' };
    const handled = await aggregate.handle({
      stream: conversationStream(found.id),
      actor: { kind: 'customer', id: found.contactId },
      cause: { webhook: update.key },
      decide: (state) => decideMark(state, markEvent(update)),
    });
    if ('rejected' in handled) return { waiting: handled.rejected };
    return { applied: handled.commit ? 'appended' : 'known', conversationId: found.id };
  };
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
