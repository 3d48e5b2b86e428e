import type { CommitMeta } from '../commit/commit.ts';
import { highest, type Delivery, type ReportedStatus } from '../conversation/delivery.ts';
import type { ConversationEvent, ConversationEventOf, DeliveryReport } from '../conversation/events.ts';
import { earliest } from '../time.ts';

/** One message: who wrote it, when each thing happened to it, what it cost. Instants are ISO 8601 UTC. */
export interface MessageFact {
  messageId: string;
  direction: 'in' | 'out';
  author: { kind: 'customer' | 'company_phone' | 'platform' | 'agent' | 'bot' | 'system'; id: string | null };
  kind: string;
  /** Provider time of what came in, commit time of what was decided here. */
  at: string;
  attempts: number;
  delivery: Delivery | null;
  acceptedAt: string | null;
  sentAt: string | null;
  deliveredAt: string | null;
  readAt: string | null;
  failedAt: string | null;
  errorCode: string | null;
  pricing: NonNullable<DeliveryReport['pricing']> | null;
  /** The customer's message that this reply answered first, provider time; null where none was unanswered. */
  answersFrom: string | null;
  /** Version of the commit that last changed this fact. */
  version: number;
}

/** What the provider reported under an id, kept until the message is known. */
type Marks = Pick<
  MessageFact,
  'delivery' | 'sentAt' | 'deliveredAt' | 'readAt' | 'failedAt' | 'errorCode' | 'pricing'
>;

/** All messages of a conversation. Statuses may come first, twice, or out of order: the result is the same. */
export interface MessageFacts {
  version: number;
  byId: Readonly<Record<string, MessageFact>>;
  /** Provider id or attempt id → message id. */
  named: Readonly<Record<string, string>>;
  /** Reports under ids that name no message yet. */
  parked: Readonly<Record<string, Marks>>;
  /** As in the conversation's fact: earliest unanswered message of the customer. */
  waitingSince: string | null;
}

export const initialMessageFacts: MessageFacts = {
  version: 0,
  byId: {},
  named: {},
  parked: {},
  waitingSince: null,
};

const unmarked: Marks = {
  delivery: null,
  sentAt: null,
  deliveredAt: null,
  readAt: null,
  failedAt: null,
  errorCode: null,
  pricing: null,
};

export function evolveMessageFacts(
  before: MessageFacts,
  event: ConversationEvent,
  commit: CommitMeta,
): MessageFacts {
  const facts = { ...before, version: commit.version };
  switch (event.type) {
    case 'MessageReceived':
      return receive(facts, event, event.occurredAt ?? commit.at);
    case 'MessageQueued':
      return queue(facts, event, commit.at);
    case 'ConversationClosed':
      return { ...facts, waitingSince: null };
    case 'SendClaimed': {
      const { messageId, attemptId } = event.data;
      const claimed = change(facts, messageId, (fact) => ({
        attempts: fact.attempts + 1,
        delivery: highest(fact.delivery ?? 'queued', 'claimed'),
      }));
      return name(claimed, attemptId, messageId);
    }
    case 'SendAccepted': {
      const { messageId, providerId } = event.data;
      const accepted = change(facts, messageId, (fact) => ({
        acceptedAt: earliest(fact.acceptedAt, commit.at),
        delivery: highest(fact.delivery ?? 'queued', 'accepted'),
      }));
      return name(accepted, providerId, messageId);
    }
    case 'SendFailed':
      return change(facts, event.data.messageId, (fact) => ({
        failedAt: earliest(fact.failedAt, commit.at),
        errorCode: fact.errorCode ?? event.data.code,
        delivery: highest(fact.delivery ?? 'queued', 'failed'),
      }));
    case 'UncertainSettled':
      if (event.data.decision === 'resend') return facts;
      return change(facts, event.data.messageId, (fact) => ({
        failedAt: earliest(fact.failedAt, commit.at),
        errorCode: fact.errorCode ?? 'dropped',
        delivery: highest(fact.delivery ?? 'queued', 'failed'),
      }));
    case 'DeliveryReported':
      return report(facts, event.data, event.occurredAt ?? commit.at);
    default:
      return facts;
  }
}

function receive(
  facts: MessageFacts,
  { data }: ConversationEventOf<'MessageReceived'>,
  at: string,
): MessageFacts {
  if (facts.named[data.providerId] !== undefined) return facts;
  const kind = data.echo ? 'company_phone' : data.content.kind === 'system' ? 'platform' : 'customer';
  const fact: MessageFact = {
    ...blank(facts.version),
    messageId: data.messageId,
    direction: 'in',
    author: { kind, id: null },
    kind: data.content.kind,
    at,
  };
  return {
    ...facts,
    byId: { ...facts.byId, [data.messageId]: fact },
    named: { ...facts.named, [data.providerId]: data.messageId },
    waitingSince: kind === 'customer' ? earliest(facts.waitingSince, at) : facts.waitingSince,
  };
}

function queue(
  facts: MessageFacts,
  { data }: ConversationEventOf<'MessageQueued'>,
  at: string,
): MessageFacts {
  if (facts.byId[data.messageId]) return facts;
  const answers = data.author.kind === 'agent';
  const fact: MessageFact = {
    ...blank(facts.version),
    messageId: data.messageId,
    direction: 'out',
    author: data.author,
    kind: data.content.kind,
    at,
    delivery: 'queued',
    answersFrom: answers ? facts.waitingSince : null,
  };
  return {
    ...facts,
    byId: { ...facts.byId, [data.messageId]: fact },
    waitingSince: answers ? null : facts.waitingSince,
  };
}

const blank = (version: number) => ({
  ...unmarked,
  attempts: 0,
  acceptedAt: null,
  answersFrom: null,
  version,
});

function report(facts: MessageFacts, data: DeliveryReport, at: string): MessageFacts {
  const marks = marksOf(data, at);
  const messageId =
    facts.named[data.providerId] ?? (data.attemptId === null ? undefined : facts.named[data.attemptId]);
  if (messageId !== undefined) {
    const marked = change(facts, messageId, (fact) => merge(fact, marks));
    return name(marked, data.providerId, messageId);
  }
  const keys = data.attemptId === null ? [data.providerId] : [data.providerId, data.attemptId];
  const parked = { ...facts.parked };
  for (const key of keys) parked[key] = merge(parked[key] ?? unmarked, marks);
  return { ...facts, parked };
}

/** From now on this id means this message, and what was parked under it applies. */
function name(facts: MessageFacts, key: string, messageId: string): MessageFacts {
  if (facts.named[key] === messageId) return facts;
  const named = { ...facts.named, [key]: messageId };
  const { [key]: waiting, ...parked } = facts.parked;
  const known = { ...facts, named, parked };
  return waiting ? change(known, messageId, (fact) => merge(fact, waiting)) : known;
}

function change(
  facts: MessageFacts,
  messageId: string,
  by: (fact: MessageFact) => Partial<MessageFact>,
): MessageFacts {
  const fact = facts.byId[messageId];
  if (!fact) return facts;
  const changed = { ...fact, ...by(fact), version: facts.version };
  return { ...facts, byId: { ...facts.byId, [messageId]: changed } };
}

const instantOf: Record<ReportedStatus, 'sentAt' | 'deliveredAt' | 'readAt' | 'failedAt'> = {
  sent: 'sentAt',
  delivered: 'deliveredAt',
  read: 'readAt',
  played: 'readAt',
  failed: 'failedAt',
};

function marksOf(data: DeliveryReport, at: string): Marks {
  return {
    ...unmarked,
    delivery: data.status,
    [instantOf[data.status]]: at,
    errorCode: data.error?.code ?? null,
    pricing: data.pricing ?? null,
  };
}

function merge(a: Marks, b: Marks): Marks {
  const first = (x: string | null, y: string | null): string | null => (y === null ? x : earliest(x, y));
  return {
    delivery:
      a.delivery === null || b.delivery === null
        ? (a.delivery ?? b.delivery)
        : highest(a.delivery, b.delivery),
    sentAt: first(a.sentAt, b.sentAt),
    deliveredAt: first(a.deliveredAt, b.deliveredAt),
    readAt: first(a.readAt, b.readAt),
    failedAt: first(a.failedAt, b.failedAt),
    errorCode: a.errorCode ?? b.errorCode,
    pricing: a.pricing ?? b.pricing,
  };
}
