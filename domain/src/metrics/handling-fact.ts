import { calendarTime, type Calendar } from './calendar.ts';
import type { ConversationFact, HandlingSegment } from './conversation-fact.ts';

/** One stretch in which one agent had the conversation. */
export interface HandlingFact extends HandlingSegment {
  conversationId: string;
  /** 0 for the first of the conversation; never changes. */
  index: number;
  /** null while it is under way. */
  durationMs: number | null;
}

export const handlingFacts = (fact: ConversationFact, calendar: Calendar = calendarTime): HandlingFact[] =>
  fact.handling.map((segment, index) => ({
    ...segment,
    conversationId: fact.conversationId,
    index,
    durationMs: segment.to === null ? null : calendar.elapsedMs(segment.from, segment.to),
  }));
