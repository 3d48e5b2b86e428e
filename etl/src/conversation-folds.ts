import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import {
  evolveConversationFact,
  initialConversationFact,
  type ConversationFact,
} from '@recado/domain/metrics/conversation-fact';
import {
  evolveMessageFacts,
  initialMessageFacts,
  type MessageFacts,
} from '@recado/domain/metrics/message-fact';
import type { EventStore } from '@recado/event-store/event-store';
import { LRUCache } from 'lru-cache';
import { checkEvent } from './known-events.ts';

export interface ConversationFold {
  version: number;
  fact: ConversationFact;
  messages: MessageFacts;
}

export interface ConversationFolds {
  /**
   * The fold with these commits of one stream in it, at least. Commits that it has already change nothing; what is
   * missing before them is read from the store. The commits hold only events that were checked.
   */
  catchUp(stream: string, commits: readonly Commit[]): Promise<ConversationFold>;
}

const initial: ConversationFold = {
  version: 0,
  fact: initialConversationFact,
  messages: initialMessageFacts,
};

/** Folds of the conversations last seen. Only a cache: what falls out is folded again from its stream. */
export function createConversationFolds(store: EventStore, size = 20_000): ConversationFolds {
  const cache = new LRUCache<string, ConversationFold>({ max: size });
  return {
    async catchUp(stream, commits) {
      let folded = cache.get(stream) ?? initial;
      const newer = commits.filter((commit) => commit.version > folded.version);
      const follows = newer[0] === undefined || newer[0].version === folded.version + 1;
      const next = follows ? newer : (await store.read(stream, folded.version)).map(checkedOnly);
      for (const commit of next) folded = evolve(folded, commit);
      cache.set(stream, folded);
      return folded;
    },
  };
}

function evolve(before: ConversationFold, commit: Commit): ConversationFold {
  let { fact, messages } = before;
  for (const event of commit.events as ConversationEvent[]) {
    fact = evolveConversationFact(fact, event, commit);
    messages = evolveMessageFacts(messages, event, commit);
  }
  return { version: commit.version, fact, messages };
}

/** What is quarantined is left out of the facts, whichever way it was read. */
function checkedOnly(commit: Commit): Commit {
  const isKnown = (event: EventEnvelope): boolean => 'event' in checkEvent(commit.stream, event);
  return { ...commit, events: commit.events.filter(isKnown) };
}
