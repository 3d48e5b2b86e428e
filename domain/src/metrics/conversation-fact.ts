import type { CommitMeta } from '../commit/commit.ts';
import { conversationIdOf } from '../commit/stream-id.ts';
import type { CloseReason, ConversationEvent, ConversationEventOf } from '../conversation/events.ts';
import { earliest } from '../time.ts';

/**
 * The instants of one conversation from which its numbers are counted (`conversation-measures.ts`), folded from
 * its stream. Plain JSON: it can be kept, and folded on with the commits that follow.
 *
 * Invariants
 * - Customer messages count at the provider's time, decisions at the commit's.
 * - Provider messages may come in any order, late or twice: a message known already changes nothing.
 * - A message is unanswered until a person replies *after it arrived*: a reply written before a late message
 *   came in did not answer it.
 * - What the company sends from its own phone (echo) and what the platform says (system) is nobody's message.
 */
export interface ConversationFact {
  conversationId: string;
  /** Version of the last commit folded; 0 before the first. */
  version: number;
  numberId: string;
  contactId: string;
  contactName: string | null;
  episode: number;
  /** Commit time of the first event. Never changes. */
  openedAt: string | null;
  /** Earliest message of the customer, provider time. */
  receivedAt: string | null;
  customerMessages: number;
  replies: number;
  phase: 'none' | 'bot' | 'queued' | 'assigned' | 'closed';
  /** The queue it is in or was last in. */
  queueId: string | null;
  /** The agent who has it or last had it. */
  agentId: string | null;
  /** Earliest unanswered message of the customer, provider time; survives transfers, ends with a close. */
  waitingSince: string | null;
  /** Waits that a person's reply ended, in order. The first is the one that `firstReply` ended. */
  waits: readonly Wait[];
  /** Latest of queue entry, return from the bot, reopening. Stands still after the first reply. */
  responseClockFrom: string | null;
  /** First queue entry of the present leg: returns and transfers do not start it anew. Stands still after the first reply. */
  serviceClockFrom: string | null;
  firstReply: FirstReply | null;
  /** Stays in queues, in order; the last may be under way. */
  queueStays: readonly QueueStay[];
  /** From assigned to transferred, returned or closed, in order; the last may be under way. */
  handling: readonly HandlingSegment[];
  transfers: number;
  returns: number;
  reopenings: number;
  firstClosedAt: string | null;
  /** The close that stands; null while it is open. */
  closed: { at: string; reason: CloseReason; result: string | null } | null;
  /** Ids of messages counted, so that a repetition is known. */
  counted: readonly string[];
}

export interface Wait {
  /** The customer's message, provider time. */
  from: string;
  /** The reply, commit time. */
  to: string;
  agentId: string;
  messageId: string;
  /** Whether it ended with the conversation's first reply: the others are next responses. */
  first: boolean;
}

export interface FirstReply {
  at: string;
  agentId: string;
  /** The queue it came from; null when it never was in one. */
  queueId: string | null;
}

export interface QueueStay {
  queueId: string;
  from: string;
  to: string | null;
}

export interface HandlingSegment {
  agentId: string;
  queueId: string | null;
  from: string;
  to: string | null;
  end: 'transferred' | 'returned' | 'closed' | null;
}

export const initialConversationFact: ConversationFact = {
  conversationId: '',
  version: 0,
  numberId: '',
  contactId: '',
  contactName: null,
  episode: 0,
  openedAt: null,
  receivedAt: null,
  customerMessages: 0,
  replies: 0,
  phase: 'none',
  queueId: null,
  agentId: null,
  waitingSince: null,
  waits: [],
  responseClockFrom: null,
  serviceClockFrom: null,
  firstReply: null,
  queueStays: [],
  handling: [],
  transfers: 0,
  returns: 0,
  reopenings: 0,
  firstClosedAt: null,
  closed: null,
  counted: [],
};

export function evolveConversationFact(
  before: ConversationFact,
  event: ConversationEvent,
  commit: CommitMeta,
): ConversationFact {
  const fact: ConversationFact = {
    ...before,
    conversationId: conversationIdOf(commit.stream),
    version: commit.version,
    openedAt: before.openedAt ?? commit.at,
  };
  const { at } = commit;
  switch (event.type) {
    case 'ConversationOpened': {
      const { numberId, contactId, contactName, episode } = event.data;
      return { ...fact, numberId, contactId, contactName, episode, phase: 'bot' };
    }
    case 'MessageReceived':
      return receive(fact, event, event.occurredAt ?? at);
    case 'MessageQueued':
      return event.data.author.kind === 'agent' ? reply(fact, event, at) : fact;

    case 'ConversationQueued':
      return enterQueue(endHandling(leaveQueue(fact, at), at, 'returned'), event.data.queueId, at);
    case 'ConversationAssigned':
      return assign(endHandling(leaveQueue(fact, at), at, 'transferred'), event, at);
    case 'ConversationReturned':
      return { ...endHandling(fact, at, 'returned'), returns: fact.returns + 1 };
    case 'ConversationTransferred':
      return { ...endHandling(fact, at, 'transferred'), transfers: fact.transfers + 1 };
    case 'ConversationClosed': {
      const { reason, result } = event.data;
      return {
        ...endHandling(leaveQueue(fact, at), at, 'closed'),
        phase: 'closed',
        closed: { at, reason, result: result ?? null },
        firstClosedAt: fact.firstClosedAt ?? at,
        waitingSince: null,
      };
    }
    case 'ConversationReopened':
      return {
        ...fact,
        phase: 'bot',
        closed: null,
        reopenings: fact.reopenings + 1,
        ...(fact.firstReply ? {} : { responseClockFrom: at, serviceClockFrom: null }),
      };
    default:
      return fact; // Media, marks, sending and delivery: see message-fact.ts.
  }
}

function receive(
  fact: ConversationFact,
  { data }: ConversationEventOf<'MessageReceived'>,
  at: string,
): ConversationFact {
  if (fact.counted.includes(data.providerId)) return fact;
  const named = { ...fact, contactName: data.contactName ?? fact.contactName };
  if (data.echo || data.content.kind === 'system') return named;
  return {
    ...named,
    counted: [...fact.counted, data.providerId],
    customerMessages: fact.customerMessages + 1,
    receivedAt: earliest(fact.receivedAt, at),
    waitingSince: earliest(fact.waitingSince, at),
  };
}

function reply(
  fact: ConversationFact,
  { data }: ConversationEventOf<'MessageQueued'>,
  at: string,
): ConversationFact {
  const { messageId } = data;
  if (fact.counted.includes(messageId)) return fact;
  const agentId = data.author.id;
  const first = fact.firstReply === null;
  const ended =
    fact.waitingSince === null ? [] : [{ from: fact.waitingSince, to: at, agentId, messageId, first }];
  return {
    ...fact,
    counted: [...fact.counted, messageId],
    replies: fact.replies + 1,
    waitingSince: null,
    waits: [...fact.waits, ...ended],
    firstReply: fact.firstReply ?? { at, agentId, queueId: fact.queueId },
  };
}

function enterQueue(fact: ConversationFact, queueId: string, at: string): ConversationFact {
  return {
    ...fact,
    phase: 'queued',
    queueId,
    agentId: null,
    queueStays: [...fact.queueStays, { queueId, from: at, to: null }],
    ...(fact.firstReply ? {} : { responseClockFrom: at, serviceClockFrom: fact.serviceClockFrom ?? at }),
  };
}

function assign(
  fact: ConversationFact,
  { data }: ConversationEventOf<'ConversationAssigned'>,
  at: string,
): ConversationFact {
  const queueId = data.queueId ?? fact.queueId;
  const fromBot = fact.phase === 'bot' && fact.firstReply === null;
  return {
    ...fact,
    phase: 'assigned',
    queueId,
    agentId: data.agentId,
    handling: [...fact.handling, { agentId: data.agentId, queueId, from: at, to: null, end: null }],
    responseClockFrom: fromBot ? at : fact.responseClockFrom,
  };
}

function leaveQueue(fact: ConversationFact, at: string): ConversationFact {
  const stay = fact.queueStays.at(-1);
  if (!stay || stay.to !== null) return fact;
  return { ...fact, queueStays: [...fact.queueStays.slice(0, -1), { ...stay, to: at }] };
}

function endHandling(
  fact: ConversationFact,
  at: string,
  end: NonNullable<HandlingSegment['end']>,
): ConversationFact {
  const segment = fact.handling.at(-1);
  if (!segment || segment.to !== null) return fact;
  return { ...fact, handling: [...fact.handling.slice(0, -1), { ...segment, to: at, end }] };
}
