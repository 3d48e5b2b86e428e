import { emptyHead } from '@recado/domain/commit/chain';
import type { Actor, Cause } from '@recado/domain/commit/commit';
import {
  conversationIdOf,
  conversationStream,
  episodesPrefix,
  parseConversationId,
} from '@recado/domain/commit/stream-id';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import { evolveConversation } from '@recado/domain/conversation/evolve';
import { initialConversation, type ConversationState } from '@recado/domain/conversation/state';
import { must } from '@recado/domain/must';
import { VersionConflict, type EventStore } from '@recado/event-store/event-store';
import { createAggregate, type Aggregate } from '@recado/event-store/handle-command';
import { LRUCache } from 'lru-cache';

/** The conversations of a tenant: their aggregate, and which episode is the latest with whom. */
export interface Conversations {
  aggregate: Aggregate<ConversationState, ConversationEvent>;
  state(id: string): Promise<ConversationState>;
  /** Appends the first commit of a conversation that cannot exist yet; false when it does nevertheless. */
  open(id: string, commit: { actor: Actor; cause: Cause; events: ConversationEvent[] }): Promise<boolean>;
  /** Number of the latest episode, 0 when there has been none. May lag behind other processes by one. */
  latestEpisode(numberId: string, contactId: string): Promise<number>;
  /** What has been learnt: an episode at least this far exists. */
  rememberEpisode(numberId: string, contactId: string, episode: number): void;
}

export interface ConversationsDeps {
  store: EventStore;
  now: () => string;
  cacheSize?: number;
}

export function createConversations({ store, now, cacheSize = 20_000 }: ConversationsDeps): Conversations {
  const aggregate = createAggregate<ConversationState, ConversationEvent>({
    store,
    fold: { initial: initialConversation, evolve: evolveConversation },
    now,
    cacheSize,
  });
  const episodes = new LRUCache<string, number>({ max: cacheSize * 2 });

  return {
    aggregate,
    state: async (id) => (await aggregate.load(conversationStream(id))).state,
    async open(id, { actor, cause, events }) {
      try {
        const stream = conversationStream(id);
        await aggregate.catchUp(
          await store.append({ stream, head: emptyHead, at: now(), actor, cause, events }),
        );
        return true;
      } catch (error) {
        if (error instanceof VersionConflict) return false;
        throw error;
      }
    },
    async latestEpisode(numberId, contactId) {
      const key = `${numberId}.${contactId}`;
      const known = episodes.get(key);
      if (known !== undefined) return known;
      const last = await store.latest(episodesPrefix(numberId, contactId));
      if (!last) return 0;
      const { episode } = must(
        parseConversationId(conversationIdOf(last.stream)),
        `a conversation id in ${last.stream}`,
      );
      episodes.set(key, Math.max(episode, episodes.get(key) ?? 0));
      return episode;
    },
    rememberEpisode(numberId, contactId, episode) {
      const key = `${numberId}.${contactId}`;
      episodes.set(key, Math.max(episode, episodes.get(key) ?? 0));
    },
  };
}
