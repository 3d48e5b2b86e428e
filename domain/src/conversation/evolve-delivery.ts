import type { CommitMeta } from '../commit/commit.ts';
import { lastAttempt } from './delivery-of.ts';
import { isHigher } from './delivery.ts';
import type { ConversationEventOf, DeliveryReport } from './events.ts';
import { withMessage } from './evolve-messages.ts';
import type { Attempt, ConversationState, OutboundMessage, Report } from './state.ts';

/**
 * How far our messages have come: what each attempt to send came to, and what the provider reported.
 *
 * A report is kept under the provider's id and, where the provider returned it, our attempt's: it may come before
 * the send itself is answered, or instead of its answer. The status kept is the highest ever seen.
 */
export function claim(
  state: ConversationState,
  { data: { messageId, attemptId } }: ConversationEventOf<'SendClaimed'>,
  at: string,
): ConversationState {
  const claimed = addAttempt(state, messageId, { attemptId, outcome: 'claimed', at });
  return { ...claimed, byAttemptId: { ...state.byAttemptId, [attemptId]: messageId } };
}

export function accept(
  state: ConversationState,
  { data: { messageId, attemptId, providerId } }: ConversationEventOf<'SendAccepted'>,
): ConversationState {
  const accepted = changeAttempt(state, messageId, attemptId, { outcome: 'accepted', providerId });
  return { ...accepted, byProviderId: { ...state.byProviderId, [providerId]: messageId } };
}

export function defer(
  state: ConversationState,
  { data: { messageId, attemptId, ...why } }: ConversationEventOf<'SendDeferred'>,
): ConversationState {
  return changeAttempt(state, messageId, attemptId, { outcome: 'deferred', ...why });
}

/** A message can fail without an attempt: then an attempt that never was carries the reason. */
export function fail(
  state: ConversationState,
  { data: { messageId, attemptId, ...why } }: ConversationEventOf<'SendFailed'>,
  { version, at }: CommitMeta,
): ConversationState {
  if (attemptId !== null) return changeAttempt(state, messageId, attemptId, { outcome: 'failed', ...why });
  return addAttempt(state, messageId, { attemptId: `none-${version}`, outcome: 'failed', at, ...why });
}

/** The call had no answer: it may have gone out or not. */
export function makeUncertain(
  state: ConversationState,
  { data: { messageId, attemptId, reason } }: ConversationEventOf<'SendUncertain'>,
): ConversationState {
  return changeAttempt(state, messageId, attemptId, { outcome: 'uncertain', detail: reason });
}

/** A person decided what becomes of the message whose last attempt is uncertain. */
export function settle(
  state: ConversationState,
  { data: { messageId, decision } }: ConversationEventOf<'UncertainSettled'>,
): ConversationState {
  const last = lastAttempt(state.messages[messageId]);
  if (!last) return state;
  const outcome = decision === 'resend' ? 'resend' : 'dropped';
  return changeAttempt(state, messageId, last.attemptId, { outcome });
}

export function report(
  state: ConversationState,
  { data }: ConversationEventOf<'DeliveryReported'>,
): ConversationState {
  const { providerId, attemptId } = data;
  const reports = { ...state.reports };
  for (const key of attemptId === null ? [providerId] : [providerId, attemptId])
    reports[key] = joined(reports[key], data);
  // A status that returns our attempt id tells the provider's id even when the send's own answer was lost.
  const messageId = attemptId === null ? undefined : state.byAttemptId[attemptId];
  if (attemptId === null || messageId === undefined) return { ...state, reports };
  const linked = changeAttempt(state, messageId, attemptId, { providerId });
  return { ...linked, reports, byProviderId: { ...state.byProviderId, [providerId]: messageId } };
}

/** The higher status; it may lack a price or an error that the lower one brings. */
function joined(known: Report | undefined, { status, error, pricing }: DeliveryReport): Report {
  if (!known || isHigher(status, known.status))
    return { status, error: error ?? known?.error, pricing: pricing ?? known?.pricing };
  return { ...known, error: known.error ?? error, pricing: known.pricing ?? pricing };
}

function addAttempt(state: ConversationState, messageId: string, attempt: Attempt): ConversationState {
  return withOutbound(state, messageId, (message) => ({
    ...message,
    attempts: [...message.attempts, attempt],
  }));
}

function changeAttempt(
  state: ConversationState,
  messageId: string,
  attemptId: string,
  change: Partial<Attempt>,
): ConversationState {
  return withOutbound(state, messageId, (message) => ({
    ...message,
    attempts: message.attempts.map((attempt) =>
      attempt.attemptId === attemptId ? { ...attempt, ...change } : attempt,
    ),
  }));
}

function withOutbound(
  state: ConversationState,
  messageId: string,
  change: (message: OutboundMessage) => OutboundMessage,
): ConversationState {
  return withMessage(state, messageId, (message) =>
    message.direction === 'out' ? change(message) : message,
  );
}
