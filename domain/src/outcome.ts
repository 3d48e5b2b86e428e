/**
 * What a decision returns. A refusal is data, not an exception: it has a stable code that reaches the person
 * who asked, in their language.
 */
export type Outcome<Event> = { accepted: Event[] } | Rejection;

export interface Rejection {
  rejected: RejectionCode;
  /** For people who read logs; never shown as it is. */
  detail?: string;
}

/** Every reason for which a command can be refused. The interface translates each one. */
export const rejectionCodes = [
  'not_assigned',
  'conversation_closed',
  'conversation_open',
  'conversation_unknown',
  'episode_ended',
  'window_closed',
  'empty_message',
  'message_too_long',
  'reply_target_unknown',
  'message_unknown',
  'not_queued',
  'already_assigned',
  'agent_unavailable',
  'already_claimed',
  'attempt_unknown',
  'not_uncertain',
  'invalid_command',
  'forbidden',
  'unsupported_content',
  'media_missing',
] as const;
export type RejectionCode = (typeof rejectionCodes)[number];

export const accept = <Event>(...events: Event[]): Outcome<Event> => ({ accepted: events });
export const reject = (rejected: RejectionCode, detail?: string): Rejection =>
  detail === undefined ? { rejected } : { rejected, detail };
export const isRejection = <Event>(outcome: Outcome<Event>): outcome is Rejection => 'rejected' in outcome;
