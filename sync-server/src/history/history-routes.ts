import { mayReadConversation } from '@recado/domain/access/access';
import { conversationStream, episodesPrefix, parseConversationId } from '@recado/domain/commit/stream-id';
import type { ConversationState } from '@recado/domain/conversation/state';
import { convDoc } from '@recado/domain/mailbox/view';
import { z } from 'zod';
import { problem } from '../http/problem.ts';
import { parseWith } from '../http/read-json.ts';
import type { AnyRoute } from '../http/route.ts';
import { viewContext } from '../mailbox/conversation-section.ts';
import type { LiveSession } from '../session/sessions.ts';
import type { TenantRuntime } from '../tenants/tenant.ts';
import { olderMessages } from './older-messages.ts';

const querySchema = z.object({
  before: z.string().max(300).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** Conversations as they are in the events, for those who may read them; for others they do not exist. */
export function historyRoutes({
  tenantOf,
}: {
  tenantOf: (tenantId: string) => Promise<TenantRuntime>;
}): AnyRoute[] {
  const readable = async (id: string, { person, tenant }: LiveSession) => {
    const key = parseConversationId(id);
    if (!key) throw problem('not_found');
    const runtime = await tenantOf(tenant.tenantId);
    const { conversation } = (await runtime.conversations.load(conversationStream(id))).state;
    if (conversation.phase === 'none' || !mayReadConversation(person, conversation))
      throw problem('not_found');
    return { runtime, conversation, key };
  };

  return [
    {
      method: 'get',
      path: '/api/conversations/:id',
      access: 'session',
      async handle(ctx, session) {
        const { runtime, conversation } = await readable(ctx.params['id'] ?? '', session);
        const { settings } = runtime.roster.state();
        ctx.body = { conversation: convDoc(conversation, viewContext(settings, conversation)) };
      },
    },
    {
      method: 'get',
      path: '/api/conversations/:id/messages',
      access: 'session',
      async handle(ctx, session) {
        const { before, limit } = parseWith(querySchema, ctx.query) as z.output<typeof querySchema>;
        const { runtime, key } = await readable(ctx.params['id'] ?? '', session);
        const prefix = episodesPrefix(key.numberId, key.contactId);
        const streams = await runtime.store.streams(prefix, { limit: 100_000 });
        const upToHere = streams
          .filter((stream) => stream <= conversationStream(ctx.params['id'] ?? ''))
          .reverse();
        ctx.body = await olderMessages({ before, limit }, episodesOf(runtime, upToHere));
      },
    },
  ];
}

/** Episodes newest first, each read only when it is needed. */
async function* episodesOf(
  runtime: TenantRuntime,
  streams: readonly string[],
): AsyncGenerator<ConversationState> {
  for (const stream of streams) yield (await runtime.conversations.load(stream)).state.conversation;
}
