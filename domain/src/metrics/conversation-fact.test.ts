import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationEvent } from '../conversation/events.ts';
import { evolveConversationFact, initialConversationFact } from './conversation-fact.ts';
import { measureConversation } from './conversation-measures.ts';
import { handlingFacts } from './handling-fact.ts';
import {
  answers,
  assigned,
  botSays,
  closes,
  clock,
  foldTold,
  opened,
  queued,
  reopened,
  returned,
  says,
  tell,
  type Told,
  transferred,
} from './conversation-story.testkit.ts';

const fold = (told: readonly Told[]) => foldTold(told, evolveConversationFact, initialConversationFact);
const measure = (told: readonly Told[], slaMs: number | null = 60_000, shortAbandonMs = 0) =>
  measureConversation(fold(told), { slaMs, shortAbandonMs });

describe('the first response', () => {
  it('is counted from the queue entry, not from the bot, and never by the bot', () => {
    const told = tell(
      [1, opened, says('a', 0)],
      [2, botSays('a')],
      [100, queued('sales')],
      [110, assigned('ana')],
      [130, answers('a', 'ana')],
    );
    expect(measure(told)).toMatchObject({
      frtMs: 30_000,
      customerWaitMs: 130_000,
      attended: true,
      queueId: 'sales',
    });
    expect(fold(told).firstReply).toEqual({ at: clock(130), agentId: 'ana', queueId: 'sales' });
  });

  it('is credited to who replied, not to who has the conversation now', () => {
    const told = tell(
      [1, opened, says('a', 0), queued('sales')],
      [10, assigned('ana')],
      [20, answers('a', 'ana')],
      [30, transferred('ana', { agentId: 'bruno' }), assigned('bruno', null, 'transferred')],
    );
    expect(fold(told)).toMatchObject({ agentId: 'bruno', firstReply: { agentId: 'ana' }, transfers: 1 });
  });

  it('does not count the days before a reopening', () => {
    const told = tell(
      [1, opened, says('a', 0), queued('sales')],
      [500, closes('inactivity')],
      [90_000, reopened(), says('b', 89_999), queued('sales', 'reopened')],
      [90_010, assigned('ana')],
      [90_020, answers('a', 'ana')],
    );
    expect(measure(told)).toMatchObject({
      frtMs: 20_000,
      serviceWaitMs: 20_000,
      sla: 'met',
      abandoned: false,
    });
  });

  it('starts anew with a return to the queue, while the service level and the customer go on waiting', () => {
    const told = tell(
      [0, opened, says('a', 0), queued('sales')],
      [10, assigned('ana')],
      [900, returned('ana', 'sales'), queued('sales', 'returned')],
      [910, assigned('bruno')],
      [920, answers('a', 'bruno')],
    );
    expect(measure(told)).toMatchObject({
      frtMs: 20_000,
      serviceWaitMs: 920_000,
      sla: 'missed',
      customerWaitMs: 920_000,
      queueWaitMs: 20_000,
    });
    expect(fold(told).returns).toBe(1);
  });

  it('is counted from the assignment where somebody took the conversation straight from the bot', () => {
    const told = tell(
      [0, opened, says('a', 0)],
      [50, assigned('sup', null, 'taken')],
      [60, answers('a', 'sup')],
    );
    expect(measure(told)).toMatchObject({ frtMs: 10_000, sla: 'none', queueWaitMs: null, attended: true });
  });
});

describe('next responses', () => {
  it('count from the earliest unanswered message to the next reply, across a transfer', () => {
    const told = tell(
      [0, opened, says('a', 0), queued('sales')],
      [5, assigned('ana')],
      [10, answers('a', 'ana')],
      [101, says('b', 100)],
      [111, says('c', 110)],
      [120, transferred('ana', { agentId: 'bruno' }), assigned('bruno', null, 'transferred')],
      [150, answers('b', 'bruno')],
      [160, answers('c', 'bruno')],
    );
    expect(measure(told)).toMatchObject({
      nextResponses: [{ ms: 50_000, agentId: 'bruno' }],
      customerWaitMs: 60_000,
    });
  });

  it('count a reply once, though it is told twice', () => {
    const told = tell(
      [0, opened, says('a', 0), queued('sales'), assigned('ana')],
      [10, answers('a', 'ana')],
      [20, says('b', 20)],
      [30, answers('a', 'ana')],
      [50, answers('b', 'ana')],
    );
    expect(measure(told).nextResponses).toEqual([{ ms: 30_000, agentId: 'ana' }]);
    expect(fold(told).replies).toBe(2);
  });

  it('count a message that came in late from when the customer wrote it', () => {
    const told = tell(
      [0, opened, says('a', 0), queued('sales'), assigned('ana')],
      [10, answers('a', 'ana')],
      [300, says('late', 5)],
      [310, answers('b', 'ana')],
    );
    expect(measure(told).nextResponses).toEqual([{ ms: 305_000, agentId: 'ana' }]);
  });

  it('are not negative when the provider’s clock is ahead', () => {
    const told = tell(
      [0, opened, says('a', 3_600), queued('sales'), assigned('ana')],
      [10, answers('a', 'ana')],
    );
    expect(measure(told)).toMatchObject({ customerWaitMs: 0, frtMs: 10_000 });
  });

  it('do not count what the company’s own phone or the platform says', () => {
    const told = tell(
      [
        0,
        opened,
        says('e', 0, { echo: true }),
        says('s', 1, { content: { kind: 'system', event: 'user_changed_number' } }),
      ],
      [5, queued('sales'), assigned('ana')],
      [10, answers('a', 'ana')],
    );
    expect(measure(told)).toMatchObject({ received: false, attended: false, customerWaitMs: 0 });
    expect(fold(told).customerMessages).toBe(0);
  });
});

describe('abandonment and service level', () => {
  const leaving = (reason: Parameters<typeof closes>[0]) =>
    tell([0, opened, says('a', 0), queued('sales')], [100, closes(reason)]);

  it.each(['customer_left', 'inactivity', 'window_expired'] as const)(
    'counts %s without an answer',
    (reason) => {
      expect(measure(leaving(reason))).toMatchObject({
        abandoned: true,
        attended: false,
        sla: 'missed',
        frtMs: null,
      });
    },
  );

  it.each(['resolved', 'supervisor'] as const)('does not count that the house closed it (%s)', (reason) => {
    expect(measure(leaving(reason))).toMatchObject({ abandoned: false, attended: false, sla: 'none' });
  });

  it('leaves out who left within T, and who left before the short-abandon limit', () => {
    expect(measure(leaving('customer_left'), 100_000)).toMatchObject({ abandoned: true, sla: 'none' });
    expect(measure(leaving('customer_left'), 60_000, 100_001)).toMatchObject({
      abandoned: false,
      sla: 'none',
    });
    expect(measure(leaving('customer_left'), 60_000, 100_000)).toMatchObject({
      abandoned: true,
      sla: 'missed',
    });
  });

  it('does not count who left the bot and never entered a queue', () => {
    expect(measure(tell([0, opened, says('a', 0)], [100, closes('inactivity')]))).toMatchObject({
      abandoned: false,
    });
  });

  it('is met when the answer comes at T and missed a millisecond later', () => {
    const told = tell([0, opened, says('a', 0), queued('sales'), assigned('ana')], [60, answers('a', 'ana')]);
    expect(measure(told, 60_000).sla).toBe('met');
    expect(measure(told, 59_999).sla).toBe('missed');
    expect(measure(told, null).sla).toBe('none');
  });

  it('is not abandoned any more when it is open again', () => {
    const told = [
      ...leaving('customer_left'),
      ...tell([0, opened], [0, opened], [200, reopened(), says('b', 199), queued('sales', 'reopened')]).slice(
        2,
      ),
    ];
    expect(measure(told)).toMatchObject({
      abandoned: false,
      resolutionFirstMs: 100_000,
      resolutionLastMs: null,
    });
  });
});

describe('handling', () => {
  const told = tell(
    [0, opened, says('a', 0), queued('sales')],
    [10, assigned('ana')],
    [40, transferred('ana', { queueId: 'support' }), queued('support', 'transferred')],
    [100, assigned('bruno')],
    [130, returned('bruno', 'support'), queued('support', 'returned')],
    [140, assigned('bruno')],
    [150, closes('resolved', 'bruno')],
  );

  it('is the sum of the segments, each credited to its agent', () => {
    expect(measure(told).tmoMs).toBe(70_000);
    expect(
      handlingFacts(fold(told)).map(({ agentId, end, durationMs }) => [agentId, end, durationMs]),
    ).toEqual([
      ['ana', 'transferred', 30_000],
      ['bruno', 'returned', 30_000],
      ['bruno', 'closed', 10_000],
    ]);
  });

  it('is not known while somebody still has it', () => {
    expect(measure(told.slice(0, -1)).tmoMs).toBeNull();
  });
});

/** Any order of decisions that could come along, with messages and repetitions in between. */
const anyEvent = fc.oneof(
  fc
    .record({ id: fc.nat(12), at: fc.integer({ min: -500, max: 5_000 }) })
    .map(({ id, at }) => says(`m${id}`, at)),
  fc
    .record({ id: fc.nat(8), agent: fc.constantFrom('ana', 'bruno') })
    .map(({ id, agent }) => answers(`r${id}`, agent)),
  fc.constantFrom<ConversationEvent>(
    queued('sales'),
    queued('support', 'transferred'),
    assigned('ana'),
    assigned('bruno', 'support', 'taken'),
    returned('ana', 'sales'),
    transferred('ana', { agentId: 'bruno' }),
    closes('resolved', 'ana'),
    closes('customer_left'),
    reopened(),
    botSays('x'),
  ),
);
const anyStory = fc
  .array(fc.tuple(fc.nat(120), fc.array(anyEvent, { minLength: 1, maxLength: 3 })), { maxLength: 25 })
  .map((steps) => {
    let seconds = 0;
    const later = steps.map(([pause, events]): [number, ...ConversationEvent[]] => [
      (seconds += pause),
      ...events,
    ]);
    return tell([0, opened], ...later);
  });

describe('any story', () => {
  it('folds the same in two parts, the first kept as JSON meanwhile, as in one', () => {
    fc.assert(
      fc.property(anyStory, fc.nat(60), (told, cut) => {
        const kept = JSON.parse(JSON.stringify(fold(told.slice(0, cut)))) as ReturnType<typeof fold>;
        expect(foldTold(told.slice(cut), evolveConversationFact, kept)).toEqual(fold(told));
      }),
    );
  });

  it('gives the same numbers when provider messages that came together came in another order or twice', () => {
    const together = fc.uniqueArray(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyStory, together, fc.infiniteStream(fc.nat()), (told, times, random) => {
        const messages = times.map((seconds) => says(`together-${seconds}`, seconds));
        const shuffled = [...messages, ...messages]
          .map((event) => ({ event, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        const after = tell([0, opened], [9_000, queued('sales')], [9_100, answers('end', 'ana')]).slice(1);
        const numbers = (middle: ConversationEvent[]) =>
          measure([...told, ...tell([0, opened], [8_000, ...middle]).slice(1), ...after]);
        expect(numbers(shuffled)).toEqual(numbers(messages));
      }),
    );
  });

  it('has no negative duration, and is never both attended and abandoned', () => {
    fc.assert(
      fc.property(anyStory, fc.nat(200_000), (told, slaMs) => {
        const { attended, abandoned, nextResponses, sla, ...rest } = measure(told, slaMs);
        const durations = [...Object.values(rest), ...nextResponses.map(({ ms }) => ms)].filter(
          (value) => typeof value === 'number',
        );
        expect(durations.filter((ms) => ms < 0)).toEqual([]);
        expect(attended && abandoned).toBe(false);
        if (sla === 'met') expect(attended).toBe(true);
      }),
    );
  });

  it('has handling segments that follow each other, and only the last may be under way', () => {
    fc.assert(
      fc.property(anyStory, (told) => {
        const { handling, phase } = fold(told);
        expect(handling.slice(0, -1).every(({ to }) => to !== null)).toBe(true);
        expect(
          handling.every(({ from }, index) => index === 0 || from >= (handling[index - 1]?.to ?? '')),
        ).toBe(true);
        if (phase === 'closed' || phase === 'queued') expect(handling.at(-1)?.to).not.toBeNull();
      }),
    );
  });
});
