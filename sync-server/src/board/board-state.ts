import type { Commit } from '@recado/domain/commit/commit';
import { conversationIdOf, isConversationStream } from '@recado/domain/commit/stream-id';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import {
  type ConversationFact,
  evolveConversationFact,
  initialConversationFact,
} from '@recado/domain/metrics/conversation-fact';
import { addMs, day, instant, ms } from '@recado/domain/time';

/**
 * What the board is counted from: the same facts as the reports', of the conversations that are open or may count
 * today. Facts of conversations closed for longer than any day lasts are dropped, so the state stays small.
 */
export interface BoardState {
  facts: Record<string, BoardFact>;
  /** Commit time up to which old facts have been dropped. */
  prunedAt: string;
}

export interface BoardFact {
  fact: ConversationFact;
  /** Folded from somewhere in the middle, after its fact had been dropped: shown as open, not counted for today. */
  partial: boolean;
}

export const initialBoard: BoardState = { facts: {}, prunedAt: instant(0) };

/** A day of any time zone is over after it. */
const keepMs = 2 * day;
const pruneEveryMs = day / 24;

export function evolveBoard(state: BoardState, commit: Commit): BoardState {
  if (!isConversationStream(commit.stream)) return state;
  const { facts, prunedAt } =
    commit.at > addMs(state.prunedAt, pruneEveryMs) ? prune(state, commit.at) : state;
  const id = conversationIdOf(commit.stream);
  const before = facts[id] ?? { fact: initialConversationFact, partial: commit.version > 1 };
  if (before.fact.version >= commit.version) return { facts, prunedAt };
  const events = commit.events as ConversationEvent[];
  const fact = events.reduce((known, event) => evolveConversationFact(known, event, commit), before.fact);
  const after = { fact: fact.closed ? slim(fact) : fact, partial: before.partial };
  // Folding is the only user of the state, so the record is changed in place: it holds thousands of entries.
  facts[id] = after;
  return { facts, prunedAt };
}

function prune({ facts }: BoardState, now: string): BoardState {
  const limit = instant(ms(now) - keepMs);
  const kept = Object.entries(facts).filter(([, { fact }]) => !fact.closed || fact.closed.at > limit);
  return { facts: Object.fromEntries(kept), prunedAt: now };
}

/** What a closed conversation's numbers of today do not need. */
const slim = (fact: ConversationFact): ConversationFact => ({
  ...fact,
  counted: [],
  waits: [],
  handling: [],
});
