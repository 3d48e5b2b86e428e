import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationEvent } from '../conversation/events.ts';
import {
  answers,
  assigned,
  clock,
  foldTold,
  opened,
  queued,
  reported,
  says,
  tell,
  type Told,
} from './conversation-story.testkit.ts';
import { evolveMessageFacts, initialMessageFacts } from './message-fact.ts';

const fold = (told: readonly Told[]) => foldTold(told, evolveMessageFacts, initialMessageFacts);
const claimed: ConversationEvent = { type: 'SendClaimed', data: { messageId: 'out-a', attemptId: 'try-1' } };
const accepted: ConversationEvent = {
  type: 'SendAccepted',
  data: { messageId: 'out-a', attemptId: 'try-1', providerId: 'wamid.out' },
};

describe('message facts', () => {
  it('say which wait a reply ended, when it was delivered, and what it cost', () => {
    const priced: ConversationEvent = {
      type: 'DeliveryReported',
      occurredAt: clock(34),
      data: {
        providerId: 'wamid.out',
        attemptId: null,
        status: 'delivered',
        pricing: { billable: true, category: 'service' },
      },
    };
    const told = tell(
      [1, opened, says('a', 0), queued('sales'), assigned('ana')],
      [30, answers('a', 'ana')],
      [31, claimed],
      [32, accepted],
      [35, priced],
      [36, answers('b', 'ana')],
    );
    expect(fold(told).byId['out-a']).toMatchObject({
      author: { kind: 'agent', id: 'ana' },
      answersFrom: clock(0),
      acceptedAt: clock(32),
      deliveredAt: clock(34),
      delivery: 'delivered',
      pricing: { billable: true, category: 'service' },
      attempts: 1,
    });
    expect(fold(told).byId['out-b']?.answersFrom).toBeNull();
    expect(fold(told).byId['in-a']).toMatchObject({
      direction: 'in',
      author: { kind: 'customer' },
      at: clock(0),
    });
  });

  it('are the same whatever the order and number of the statuses, before or after the send’s own answer', () => {
    const statuses: ConversationEvent[] = [
      accepted,
      reported('wamid.out', 'sent', 33),
      reported('wamid.out', 'delivered', 34, 'try-1'),
      reported('wamid.out', 'read', 40),
      reported('wamid.out', 'failed', 33),
    ];
    const withoutVersion = (events: ConversationEvent[]) => {
      const commits = events.map((event): [number, ConversationEvent] => [50, event]);
      const fact = fold(tell([0, opened, says('a', 0), answers('a', 'ana'), claimed], ...commits)).byId[
        'out-a'
      ];
      return { ...fact, version: 0 };
    };
    const expected = withoutVersion(statuses);
    expect(expected).toMatchObject({
      delivery: 'read',
      sentAt: clock(33),
      deliveredAt: clock(34),
      readAt: clock(40),
    });
    const anyOrder = fc.shuffledSubarray([...statuses, ...statuses], { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(anyOrder, (events) => {
        expect(withoutVersion(events)).toEqual(expected);
      }),
    );
  });

  it('name the commit that changed each of them, so that a row is replaced only by a newer one', () => {
    const told = tell(
      [0, opened, says('a', 0)],
      [1, says('b', 1)],
      [2, says('a', 0)],
      [3, answers('a', 'ana')],
    );
    const versions = Object.values(fold(told).byId).map(({ messageId, version }) => [messageId, version]);
    expect(versions).toEqual([
      ['in-a', 1],
      ['in-b', 2],
      ['out-a', 4],
    ]);
  });
});
