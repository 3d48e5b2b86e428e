import type { CloseReason } from '../conversation/events.ts';
import { calendarTime, type Calendar } from './calendar.ts';
import type { ConversationFact } from './conversation-fact.ts';

/** What is not in the conversation's own stream but decides its numbers. */
export interface MeasureTerms {
  /** T of the queue, ms, as it was when the service clock started; null where none was set: then no service level. */
  slaMs: number | null;
  /** Who leaves sooner after entering the queue is not counted as abandoned, ms; default 0. */
  shortAbandonMs?: number;
  calendar?: Calendar;
}

/** The numbers of one conversation. Durations are whole milliseconds; null where there is nothing to count. */
export interface ConversationMeasures {
  /** The customer has written: it counts in reports at all. */
  received: boolean;
  attended: boolean;
  abandoned: boolean;
  /** First reply − latest of queue entry, return from the bot, reopening. */
  frtMs: number | null;
  /** One for each wait after the first reply, and who ended it. */
  nextResponses: { ms: number; agentId: string }[];
  /** Sum of the waits that a reply ended, counted from the customer's messages. */
  customerWaitMs: number;
  /** Time in queues before the first reply, of the answered: its mean is ASA. */
  queueWaitMs: number | null;
  /** Sum of the handling segments; null while one is under way, and where nobody has had it. */
  tmoMs: number | null;
  /** From the first customer message to the first close. */
  resolutionFirstMs: number | null;
  /** From the first customer message to the close that stands; null while it is open. */
  resolutionLastMs: number | null;
  /** From the service clock's start to the first reply, or to leaving; null while neither has come. */
  serviceWaitMs: number | null;
  sla: SlaOutcome;
  /** The queue of the first reply; where there is none, the queue it is in or was last in. */
  queueId: string | null;
}

/** `none`: not answered or abandoned yet, or ended in another way, or left within T, or no T is known. */
export type SlaOutcome = 'met' | 'missed' | 'none';

/** Closes that mean that the customer left. */
export const leavingReasons: readonly CloseReason[] = ['customer_left', 'inactivity', 'window_expired'];

export function measureConversation(fact: ConversationFact, terms: MeasureTerms): ConversationMeasures {
  const { slaMs, shortAbandonMs = 0, calendar = calendarTime } = terms;
  const { receivedAt, firstReply, closed } = fact;
  const count = (from: string | null, to: string | null | undefined): number | null =>
    from === null || to === null || to === undefined ? null : calendar.elapsedMs(from, to);

  const left = firstReply === null && closed !== null && leavingReasons.includes(closed.reason);
  const leftAfterMs = left && fact.queueStays.length > 0 ? count(fact.serviceClockFrom, closed.at) : null;
  const abandoned = receivedAt !== null && leftAfterMs !== null && leftAfterMs >= shortAbandonMs;
  const attended = receivedAt !== null && firstReply !== null;
  const answeredAfterMs = attended ? count(fact.serviceClockFrom, firstReply.at) : null;
  const serviceWaitMs = answeredAfterMs ?? (abandoned ? leftAfterMs : null);

  return {
    received: receivedAt !== null,
    attended,
    abandoned,
    frtMs: attended ? count(fact.responseClockFrom, firstReply.at) : null,
    nextResponses: fact.waits
      .filter((wait) => !wait.first)
      .map(({ from, to, agentId }) => ({ ms: calendar.elapsedMs(from, to), agentId })),
    customerWaitMs: sum(fact.waits.map(({ from, to }) => calendar.elapsedMs(from, to))),
    queueWaitMs: attended ? queueWaitUntil(fact, firstReply.at, calendar) : null,
    tmoMs: handlingMs(fact, calendar),
    resolutionFirstMs: count(receivedAt, fact.firstClosedAt),
    resolutionLastMs: count(receivedAt, closed?.at),
    serviceWaitMs,
    sla: slaOutcome({ attended, serviceWaitMs, slaMs }),
    queueId: measuredQueue(fact),
  };
}

/** `queueId` of the measures: known without the terms, which may depend on it. */
export const measuredQueue = ({ firstReply, queueId }: ConversationFact): string | null =>
  firstReply ? firstReply.queueId : queueId;

function slaOutcome(given: {
  attended: boolean;
  serviceWaitMs: number | null;
  slaMs: number | null;
}): SlaOutcome {
  const { attended, serviceWaitMs, slaMs } = given;
  if (slaMs === null || serviceWaitMs === null) return 'none';
  if (serviceWaitMs > slaMs) return 'missed';
  return attended ? 'met' : 'none';
}

function queueWaitUntil(fact: ConversationFact, until: string, calendar: Calendar): number | null {
  const stays = fact.queueStays.filter((stay) => stay.from <= until);
  if (stays.length === 0) return null;
  return sum(stays.map(({ from, to }) => calendar.elapsedMs(from, to !== null && to < until ? to : until)));
}

function handlingMs(fact: ConversationFact, calendar: Calendar): number | null {
  if (fact.handling.length === 0 || fact.handling.at(-1)?.to === null) return null;
  return sum(fact.handling.map(({ from, to }) => (to === null ? 0 : calendar.elapsedMs(from, to))));
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
