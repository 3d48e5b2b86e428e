import type { CommitMeta } from '../commit/commit.ts';
import { conversationIdOf } from '../commit/stream-id.ts';
import { earliest, latest } from '../time.ts';
import type { InboundContent, MessageContent } from './content.ts';
import { highest, isHigher, type Delivery, type ReportedStatus } from './delivery.ts';
import type { CloseReason, ConversationEvent, ConversationEventOf, DeliveryReport } from './events.ts';

/**
 * What a conversation is now, folded from its stream.
 *
 * Invariant: the provider's events (messages, statuses, reactions, edits, revocations) may come in any order,
 * twice, or days late, and the visible result is the same. So the fold never applies a mark to a message: it
 * keeps the highest status, the latest reaction and edit per *provider id*, whether or not the message is
 * known yet, and the reading side joins them (`message.ts`). What waits for its message is thereby parked.
 */
export type Phase = 'none' | 'bot' | 'queued' | 'assigned' | 'closed';

export type AttemptOutcome =
  'claimed' | 'accepted' | 'deferred' | 'failed' | 'uncertain' | 'resend' | 'dropped';

export interface Attempt {
  attemptId: string;
  outcome: AttemptOutcome;
  at: string;
  providerId?: string;
  code?: string;
  detail?: string;
  retryAt?: string;
}

export interface InboundMessage {
  direction: 'in';
  messageId: string;
  providerId: string;
  content: InboundContent;
  /** The provider's timestamp: where the message stands in the conversation. */
  at: string;
  receivedAt: string;
  replyToProviderId?: string;
  forwarded?: boolean;
  echo?: boolean;
  media?: { mediaHash: string; mime: string; bytes: number } | { lost: string };
}

export interface OutboundMessage {
  direction: 'out';
  messageId: string;
  author: { kind: 'agent' | 'bot' | 'system'; id: string };
  content: MessageContent;
  /** Server time of the decision to send. */
  at: string;
  replyTo?: string;
  commandId?: string;
  attempts: Attempt[];
}

export type Message = InboundMessage | OutboundMessage;

export interface Report {
  status: ReportedStatus;
  error?: { code: string; detail?: string };
  pricing?: DeliveryReport['pricing'];
}

interface Dated {
  at: string;
  /** Breaks ties of equal timestamps the same way whatever the order of arrival. */
  providerId: string;
}

export interface ConversationState {
  id: string;
  version: number;
  phase: Phase;
  numberId: string;
  contactId: string;
  episode: number;
  provider: 'meta' | 'wppconnect';
  contactName: string | null;
  address: { scheme: string; value: string } | null;
  queueId: string | null;
  agentId: string | null;
  openedAt: string;
  queuedAt: string | null;
  assignedAt: string | null;
  closed: { at: string; reason: CloseReason; result?: string } | null;
  /** Times it was reopened. */
  reopenings: number;
  /** Latest message or call of the customer, provider time: the 24-hour window counts from it. */
  lastInboundAt: string | null;
  /** Earliest message of the customer that no person has answered; survives transfers. */
  waitingSince: string | null;
  /** By message id. Insertion order is the order of arrival. */
  messages: Readonly<Record<string, Message>>;
  /** Provider id → message id, for what we know. */
  byProviderId: Readonly<Record<string, string>>;
  /** Attempt id → message id. */
  byAttemptId: Readonly<Record<string, string>>;
  /** Highest status per provider id, and per attempt id where the provider returned it. */
  reports: Readonly<Record<string, Report>>;
  reactions: Readonly<Record<string, Dated & { emoji: string | null }>>;
  edits: Readonly<Record<string, Dated & { content: InboundContent }>>;
  revoked: Readonly<Record<string, true>>;
  /** Inbound messages that the agent has not seen, in order of arrival. */
  unread: readonly string[];
  /** Ids of the latest commands decided: a repeat is answered the same and appends nothing. */
  commands: readonly string[];
}

export const rememberedCommands = 200;

export const initialConversation: ConversationState = {
  id: '',
  version: 0,
  phase: 'none',
  numberId: '',
  contactId: '',
  episode: 0,
  provider: 'meta',
  contactName: null,
  address: null,
  queueId: null,
  agentId: null,
  openedAt: '',
  queuedAt: null,
  assignedAt: null,
  closed: null,
  reopenings: 0,
  lastInboundAt: null,
  waitingSince: null,
  messages: {},
  byProviderId: {},
  byAttemptId: {},
  reports: {},
  reactions: {},
  edits: {},
  revoked: {},
  unread: [],
  commands: [],
};

export function evolveConversation(
  before: ConversationState,
  event: ConversationEvent,
  commit: CommitMeta,
): ConversationState {
  const state: ConversationState = {
    ...before,
    version: commit.version,
    commands: rememberCommand(before, commit),
  };
  const at = event.occurredAt ?? commit.at;
  switch (event.type) {
    case 'ConversationOpened':
      return {
        ...state,
        ...event.data,
        id: conversationIdOf(commit.stream),
        phase: 'bot',
        openedAt: commit.at,
      };
    case 'MessageReceived':
      return receive(state, event, at, commit.at);
    case 'MediaStored': {
      const { messageId, ...media } = event.data;
      return withMessage(state, messageId, (message) =>
        message.direction === 'in' ? { ...message, media } : message,
      );
    }
    case 'MediaLost':
      return withMessage(state, event.data.messageId, (message) =>
        message.direction === 'in' && !message.media
          ? { ...message, media: { lost: event.data.reason } }
          : message,
      );
    case 'ReactionReceived': {
      const { targetProviderId, providerId, emoji } = event.data;
      const reaction = laterOf(state.reactions[targetProviderId], { at, providerId, emoji });
      return { ...state, reactions: { ...state.reactions, [targetProviderId]: reaction } };
    }
    case 'MessageEdited': {
      const { targetProviderId, providerId, content } = event.data;
      const edit = laterOf(state.edits[targetProviderId], { at, providerId, content });
      return { ...state, edits: { ...state.edits, [targetProviderId]: edit } };
    }
    case 'MessageRevoked':
      return { ...state, revoked: { ...state.revoked, [event.data.targetProviderId]: true } };

    case 'ConversationQueued':
      return {
        ...state,
        phase: 'queued',
        queueId: event.data.queueId,
        agentId: null,
        queuedAt: commit.at,
        assignedAt: null,
      };
    case 'ConversationAssigned':
      return {
        ...state,
        phase: 'assigned',
        agentId: event.data.agentId,
        queueId: event.data.queueId ?? state.queueId,
        assignedAt: commit.at,
      };
    case 'ConversationReturned':
    case 'ConversationTransferred':
      return state; // Followed in the same commit by ConversationQueued or ConversationAssigned.
    case 'ConversationClosed': {
      const { reason, result } = event.data;
      return { ...state, phase: 'closed', closed: { at: commit.at, reason, result }, waitingSince: null };
    }
    case 'ConversationReopened':
      return { ...state, phase: 'bot', closed: null, reopenings: state.reopenings + 1 };
    case 'ConversationSeen': {
      const seen = state.unread.indexOf(event.data.upToMessageId);
      return seen < 0 ? state : { ...state, unread: state.unread.slice(seen + 1) };
    }

    case 'MessageQueued':
      return queueMessage(state, event, commit);
    case 'SendClaimed': {
      const { messageId, attemptId } = event.data;
      const attempt: Attempt = { attemptId, outcome: 'claimed', at: commit.at };
      const claimed = withMessage(state, messageId, (message) =>
        message.direction === 'out' ? { ...message, attempts: [...message.attempts, attempt] } : message,
      );
      return { ...claimed, byAttemptId: { ...state.byAttemptId, [attemptId]: messageId } };
    }
    case 'SendAccepted': {
      const { messageId, attemptId, providerId } = event.data;
      const accepted = withAttempt(state, messageId, attemptId, { outcome: 'accepted', providerId });
      return { ...accepted, byProviderId: { ...state.byProviderId, [providerId]: messageId } };
    }
    case 'SendDeferred': {
      const { messageId, attemptId, ...why } = event.data;
      return withAttempt(state, messageId, attemptId, { outcome: 'deferred', ...why });
    }
    case 'SendFailed': {
      const { messageId, attemptId, ...why } = event.data;
      if (attemptId !== null) return withAttempt(state, messageId, attemptId, { outcome: 'failed', ...why });
      const failed: Attempt = {
        attemptId: `none-${commit.version}`,
        outcome: 'failed',
        at: commit.at,
        ...why,
      };
      return withMessage(state, messageId, (message) =>
        message.direction === 'out' ? { ...message, attempts: [...message.attempts, failed] } : message,
      );
    }
    case 'SendUncertain':
      return withAttempt(state, event.data.messageId, event.data.attemptId, {
        outcome: 'uncertain',
        detail: event.data.reason,
      });
    case 'UncertainSettled': {
      const { messageId, decision } = event.data;
      const last = lastAttempt(state.messages[messageId]);
      if (!last) return state;
      return withAttempt(state, messageId, last.attemptId, {
        outcome: decision === 'resend' ? 'resend' : 'dropped',
      });
    }
    case 'DeliveryReported':
      return report(state, event.data);
  }
}

function receive(
  state: ConversationState,
  { data }: ConversationEventOf<'MessageReceived'>,
  at: string,
  receivedAt: string,
): ConversationState {
  if (state.byProviderId[data.providerId]) return state;
  const { messageId, providerId, content, replyToProviderId, forwarded, echo } = data;
  const message: InboundMessage = {
    direction: 'in',
    messageId,
    providerId,
    content,
    at,
    receivedAt,
    replyToProviderId,
    forwarded,
    echo,
  };
  const fromCustomer = !echo && content.kind !== 'system';
  return {
    ...state,
    contactName: data.contactName ?? state.contactName,
    messages: { ...state.messages, [messageId]: message },
    byProviderId: { ...state.byProviderId, [providerId]: messageId },
    lastInboundAt: fromCustomer ? latest(state.lastInboundAt, at) : state.lastInboundAt,
    waitingSince: fromCustomer ? earliest(state.waitingSince, at) : state.waitingSince,
    unread: fromCustomer ? [...state.unread, messageId] : state.unread,
  };
}

function queueMessage(
  state: ConversationState,
  { data }: ConversationEventOf<'MessageQueued'>,
  commit: CommitMeta,
): ConversationState {
  const message: OutboundMessage = {
    direction: 'out',
    messageId: data.messageId,
    author: data.author,
    content: data.content,
    at: commit.at,
    replyTo: data.replyTo,
    commandId: 'commandId' in commit.cause ? commit.cause.commandId : undefined,
    attempts: [],
  };
  const answered = data.author.kind === 'agent';
  return {
    ...state,
    messages: { ...state.messages, [data.messageId]: message },
    waitingSince: answered ? null : state.waitingSince,
    unread: answered ? [] : state.unread,
  };
}

function report(state: ConversationState, data: DeliveryReport): ConversationState {
  const reports = { ...state.reports };
  for (const key of data.attemptId === null ? [data.providerId] : [data.providerId, data.attemptId]) {
    const known = reports[key];
    if (known && !isHigher(data.status, known.status)) {
      // Not higher, but it may carry a price or an error that the higher one came without.
      reports[key] = {
        ...known,
        pricing: known.pricing ?? data.pricing,
        error: known.error ?? data.error,
      };
      continue;
    }
    reports[key] = {
      status: data.status,
      error: data.error ?? known?.error,
      pricing: data.pricing ?? known?.pricing,
    };
  }
  // A status that returns our attempt id tells the provider's id even when the send's own answer was lost.
  const messageId = data.attemptId === null ? undefined : state.byAttemptId[data.attemptId];
  if (data.attemptId === null || messageId === undefined) return { ...state, reports };
  const linked = withAttempt(state, messageId, data.attemptId, { providerId: data.providerId });
  return { ...linked, reports, byProviderId: { ...state.byProviderId, [data.providerId]: messageId } };
}

/** Where an outbound message stands: the highest of what we did and what the provider reported. */
export function deliveryOf(state: Pick<ConversationState, 'reports'>, message: OutboundMessage): Delivery {
  let delivery: Delivery = 'queued';
  for (const attempt of message.attempts) {
    const ours: Record<AttemptOutcome, Delivery> = {
      claimed: 'claimed',
      uncertain: 'claimed',
      accepted: 'accepted',
      deferred: 'queued',
      resend: 'queued',
      failed: 'failed',
      dropped: 'failed',
    };
    delivery = highest(delivery, ours[attempt.outcome]);
    for (const key of [attempt.attemptId, attempt.providerId]) {
      const reported = key === undefined ? undefined : state.reports[key];
      if (reported) delivery = highest(delivery, reported.status);
    }
  }
  return delivery;
}

export const lastAttempt = (message: Message | undefined): Attempt | undefined =>
  message?.direction === 'out' ? message.attempts.at(-1) : undefined;

/** The message that a provider id names, through what was received, accepted, or reported with our attempt id. */
export const messageByProviderId = (state: ConversationState, providerId: string): Message | undefined => {
  const messageId = state.byProviderId[providerId];
  return messageId === undefined ? undefined : state.messages[messageId];
};

/** The time until which free text may be sent, or null where the provider knows no such window. */
export const windowMs = 24 * 3_600_000;
export function windowUntil(state: Pick<ConversationState, 'provider' | 'lastInboundAt'>): string | null {
  if (state.provider !== 'meta') return null;
  return state.lastInboundAt === null
    ? null
    : new Date(Date.parse(state.lastInboundAt) + windowMs).toISOString();
}

function withMessage(
  state: ConversationState,
  messageId: string,
  change: (message: Message) => Message,
): ConversationState {
  const message = state.messages[messageId];
  if (!message) return state;
  return { ...state, messages: { ...state.messages, [messageId]: change(message) } };
}

function withAttempt(
  state: ConversationState,
  messageId: string,
  attemptId: string,
  change: Partial<Attempt>,
): ConversationState {
  return withMessage(state, messageId, (message) => {
    if (message.direction !== 'out') return message;
    const attempts = message.attempts.map((attempt) =>
      attempt.attemptId === attemptId ? { ...attempt, ...change } : attempt,
    );
    return { ...message, attempts };
  });
}

function laterOf<Mark extends Dated>(known: Mark | undefined, candidate: Mark): Mark {
  if (!known) return candidate;
  if (candidate.at !== known.at) return candidate.at > known.at ? candidate : known;
  return candidate.providerId > known.providerId ? candidate : known;
}

function rememberCommand(state: ConversationState, commit: CommitMeta): readonly string[] {
  if (!('commandId' in commit.cause) || state.commands.at(-1) === commit.cause.commandId)
    return state.commands;
  return [...state.commands, commit.cause.commandId].slice(-rememberedCommands);
}
