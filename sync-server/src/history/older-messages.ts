import type { ConversationState } from '@recado/domain/conversation/state';
import { msgDoc, sortKeyOf } from '@recado/domain/mailbox/view';
import type { MsgDoc } from '@recado/domain/wire/documents';

/**
 * A page of messages before a sort key, newest first, across episodes given newest first.
 *
 * Sort keys are provider times, and a late message can lie before the end of the episode before its own; so one
 * episode more than the page needs is looked at before it is cut.
 */
export async function olderMessages(
  { before, limit }: { before?: string; limit: number },
  episodes: AsyncIterable<ConversationState>,
): Promise<{ items: MsgDoc[]; nextCursor: string | null }> {
  const found: MsgDoc[] = [];
  for await (const episode of episodes) {
    const enough = found.length > limit;
    for (const message of Object.values(episode.messages)) {
      if (before === undefined || sortKeyOf(message) < before) found.push(msgDoc(episode, message));
    }
    if (enough) break;
  }
  const newestFirst = found.toSorted((a, b) => (a.sortKey < b.sortKey ? 1 : -1));
  const items = newestFirst.slice(0, limit);
  return { items, nextCursor: newestFirst.length > limit ? (items.at(-1)?.sortKey ?? null) : null };
}
