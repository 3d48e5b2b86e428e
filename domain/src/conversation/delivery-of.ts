import { highest, type Delivery } from './delivery.ts';
import type { Attempt, AttemptOutcome, ConversationState, Message, OutboundMessage } from './state.ts';

const deliveryByOutcome: Record<AttemptOutcome, Delivery> = {
  claimed: 'claimed',
  uncertain: 'claimed',
  accepted: 'accepted',
  deferred: 'queued',
  resend: 'queued',
  failed: 'failed',
  dropped: 'failed',
};

/** Where an outbound message stands: the highest of what we did and what the provider reported. */
export function deliveryOf(state: Pick<ConversationState, 'reports'>, message: OutboundMessage): Delivery {
  let delivery: Delivery = 'queued';
  for (const attempt of message.attempts) {
    delivery = highest(delivery, deliveryByOutcome[attempt.outcome]);
    for (const key of [attempt.attemptId, attempt.providerId]) {
      const reported = key === undefined ? undefined : state.reports[key];
      if (reported) delivery = highest(delivery, reported.status);
    }
  }
  return delivery;
}

export const lastAttempt = (message: Message | undefined): Attempt | undefined =>
  message?.direction === 'out' ? message.attempts.at(-1) : undefined;
