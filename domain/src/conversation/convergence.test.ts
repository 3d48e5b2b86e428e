import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { msgDoc, sortedMessages } from '../mailbox/view.ts';
import { isRejection } from '../outcome.ts';
import { arrival, given, minute, opened, happened } from './conversation.testkit.ts';
import { decideArrival, decideMark, decideReport } from './decide.ts';
import { reportedStatuses } from './delivery.ts';
import type { ConversationEvent } from './events.ts';
import type { ConversationState } from './state.ts';

/**
 * A provider delivers at least once and in no order. Whatever it does to the same set of events, people must
 * see the same conversation in the end.
 */
const sent = (name: string): ConversationEvent[] => [
  {
    type: 'MessageQueued',
    data: { messageId: name, author: { kind: 'bot', id: 'bot' }, content: { kind: 'text', body: name } },
  },
  { type: 'SendClaimed', data: { messageId: name, attemptId: `a-${name}` } },
];
const accepted = (name: string): ConversationEvent => ({
  type: 'SendAccepted',
  data: { messageId: name, attemptId: `a-${name}`, providerId: `p-${name}` },
});

/** Two messages of ours whose sends have begun; one has its answer, the other's answer was lost. */
const base = given(opened, { at: minute(1), events: [...sent('m1'), ...sent('m2'), accepted('m1')] });

const instants = fc.integer({ min: 1, max: 4 }).map(minute);
const targets = fc.constantFrom('w1', 'w2', 'w3', 'p-m1', 'p-m2', 'never-seen');

const providerEvent: fc.Arbitrary<ConversationEvent> = fc.oneof(
  fc.record({ n: fc.integer({ min: 2, max: 6 }) }).map(({ n }): ConversationEvent => ({
    type: 'MessageReceived',
    occurredAt: minute(n),
    data: { messageId: `in-w${n}`, providerId: `w${n}`, content: { kind: 'text', body: `mensaje ${n}` } },
  })),
  fc
    .record({ target: targets, at: instants, n: fc.nat(5), emoji: fc.option(fc.constantFrom('👍', '❤️')) })
    .map(({ target, at, n, emoji }): ConversationEvent => ({
      type: 'ReactionReceived',
      occurredAt: at,
      // One provider id is one event: the same id never says two things.
      data: { providerId: `r-${target}-${at}-${n}-${emoji}`, targetProviderId: target, emoji },
    })),
  fc
    .record({ target: targets, at: instants, body: fc.constantFrom('uno', 'dos') })
    .map(({ target, at, body }): ConversationEvent => ({
      type: 'MessageEdited',
      occurredAt: at,
      data: {
        providerId: `e-${target}-${at}-${body}`,
        targetProviderId: target,
        content: { kind: 'text', body },
      },
    })),
  targets.map((target): ConversationEvent => ({
    type: 'MessageRevoked',
    occurredAt: minute(5),
    data: { providerId: `x-${target}`, targetProviderId: target },
  })),
  fc
    .record({
      name: fc.constantFrom('m1', 'm2'),
      status: fc.constantFrom(...reportedStatuses),
      known: fc.boolean(),
    })
    .map(({ name, status, known }): ConversationEvent => ({
      type: 'DeliveryReported',
      data: { providerId: `p-${name}`, attemptId: known ? `a-${name}` : null, status },
    })),
);

function deliver(state: ConversationState, event: ConversationEvent): ConversationState {
  const outcome =
    event.type === 'MessageReceived'
      ? decideArrival(state, arrival(event))
      : event.type === 'DeliveryReported'
        ? decideReport(state, event)
        : decideMark(state, event as Parameters<typeof decideMark>[1]);
  if (isRejection(outcome)) throw new Error(outcome.rejected);
  return outcome.accepted.length === 0
    ? state
    : happened(state, { events: outcome.accepted, at: minute(400) });
}

/** All that people see of the messages, and what the window and the wait count from. */
const visible = (state: ConversationState) => ({
  messages: sortedMessages(state).map((message) => ({ ...msgDoc(state, message), version: 0 })),
  lastInboundAt: state.lastInboundAt,
  waitingSince: state.waitingSince,
  unread: [...state.unread].sort(),
});

describe('the same events of a provider', () => {
  test('give the same conversation in any order, with any of them repeated', () => {
    fc.assert(
      fc.property(
        fc.array(providerEvent, { maxLength: 14 }).chain((events) =>
          fc.record({
            once: fc.constant(events),
            shuffled: fc
              .tuple(fc.shuffledSubarray(events, { minLength: events.length }), fc.shuffledSubarray(events))
              .map(([all, repeats]) => [...all, ...repeats]),
          }),
        ),
        ({ once, shuffled }) => {
          expect(visible(shuffled.reduce(deliver, base))).toEqual(visible(once.reduce(deliver, base)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('give the same conversation whether the answer to the send comes before or after the statuses', () => {
    fc.assert(
      fc.property(fc.array(providerEvent, { maxLength: 10 }), fc.nat(10), (events, at) => {
        const answer = { at: minute(2), events: [accepted('m2')] };
        const early = events.reduce(deliver, happened(base, answer));
        const late = events
          .slice(at)
          .reduce(deliver, happened(events.slice(0, at).reduce(deliver, base), answer));
        expect(visible(late)).toEqual(visible(early));
      }),
      { numRuns: 300 },
    );
  });
});
