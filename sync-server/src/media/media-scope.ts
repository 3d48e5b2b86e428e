import type { Commit } from '@recado/domain/commit/commit';
import { isConversationStream } from '@recado/domain/commit/stream-id';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import type { MsgDoc } from '@recado/domain/wire/documents';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import { LRUCache } from 'lru-cache';
import type { MailboxBody } from '../mailbox/mailbox-writer.ts';

/**
 * Which files are a tenant's: those its people have uploaded and those its customers have sent. Files are stored
 * once for the whole installation, so knowing a hash is not enough to read one. `media.<hash>` documents in the
 * tenant's work database; the customers' follow from the events.
 */
export interface MediaScope {
  add(hashes: readonly string[]): Promise<void>;
  has(hash: string): Promise<boolean>;
}

export function createMediaScope({ work }: { work: CouchDatabase }): MediaScope {
  const known = new LRUCache<string, true>({ max: 20_000 });
  return {
    async add(hashes) {
      const fresh = [...new Set(hashes)].filter((hash) => !known.has(hash));
      if (fresh.length === 0) return;
      // One that is there already answers with a conflict, which says what we want to know.
      await work.bulk(fresh.map((hash) => ({ _id: `media.${hash}` })));
      for (const hash of fresh) known.set(hash, true);
    },
    async has(hash) {
      if (known.has(hash)) return true;
      const found = (await work.getOrNull(`media.${hash}`)) !== null;
      if (found) known.set(hash, true);
      return found;
    },
  };
}

/** Files that a batch of commits tells of. */
export const mediaIn = (commits: readonly Commit[]): string[] =>
  commits
    .filter(({ stream }) => isConversationStream(stream))
    .flatMap((commit) => (commit as Commit<ConversationEvent>).events)
    .flatMap((event) => (event.type === 'MediaStored' ? [event.data.mediaHash] : []));

/** Files that documents of a mailbox tell of. */
export const mediaShown = (bodies: readonly MailboxBody[]): string[] =>
  (bodies as readonly Partial<MsgDoc>[]).flatMap(({ media }) => media?.mediaHash ?? []);
