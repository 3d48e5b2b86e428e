import type { ConversationState } from '@recado/domain/conversation/state';
import { convDoc, msgDoc } from '@recado/domain/mailbox/view';
import type { TenantSettings } from '@recado/domain/settings/settings';
import { addMs } from '@recado/domain/time';
import { convDocId, msgDocId } from '@recado/domain/wire/documents';
import type { MailboxBody, Section } from './mailbox-writer.ts';

/** Whose mailbox a conversation is in: who has it, or had it when it was closed, for the retention time. */
export function holderOf(
  state: ConversationState,
  { now, retentionMs }: { now: string; retentionMs: number },
): string | null {
  if (state.phase === 'assigned') return state.agentId;
  if (state.phase === 'closed' && state.closed && addMs(state.closed.at, retentionMs) > now)
    return state.agentId;
  return null;
}

export const viewContext = (
  settings: TenantSettings,
  { numberId, queueId }: Pick<ConversationState, 'numberId' | 'queueId'>,
) => ({
  numberName: settings.numbers[numberId]?.name ?? numberId,
  slaMs: (queueId === null ? undefined : settings.queues[queueId]?.slaMs) ?? null,
});

/** A conversation's documents as a mailbox holds them; `null`: nothing of it may be there. */
export function conversationSection(
  conversationId: string,
  shown: { state: ConversationState; settings: TenantSettings } | null,
): Section {
  return {
    name: conversationId,
    ranges: [
      { from: convDocId(conversationId), to: `${convDocId(conversationId)}\u0000` },
      { from: msgDocId(conversationId, ''), to: `msg.${conversationId}/` },
    ],
    documents: shown ? documentsOf(shown.state, shown.settings) : new Map(),
  };
}

function documentsOf(state: ConversationState, settings: TenantSettings): Map<string, MailboxBody> {
  const docs = [
    convDoc(state, viewContext(settings, state)),
    ...Object.values(state.messages).map((message) => msgDoc(state, message)),
  ];
  return new Map(docs.map(({ id, ...body }) => [id, body]));
}
