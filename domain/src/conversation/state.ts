import type { InboundContent, MessageContent } from './content.ts';
import type { ReportedStatus } from './delivery.ts';
import type { CloseReason, DeliveryReport } from './events.ts';

/**
 * What a conversation is now: the shape that `evolve.ts` folds from its stream and that decisions and views read.
 *
 * Invariant: what the provider says of a message (status, reaction, edit, revocation) is kept under the *provider's
 * id*, beside the messages and never in them, whether or not the message is known yet. So what comes early is
 * thereby parked, and the readers (`delivery-of.ts`, `mailbox/view.ts`) join the two.
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

/** A mark on a message: the latest wins. */
export interface Dated {
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
