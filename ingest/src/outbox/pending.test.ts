import type { Commit } from '@recado/domain/commit/commit';
import { entries } from '@recado/domain/routing/shelf';
import { expect, test } from 'vitest';
import { evolvePending, initialPending } from './pending.ts';

const commit = (...events: Commit['events']): Commit => ({
  _id: 'x',
  stream: 'conversation.n.c.000001',
  version: 1,
  at: '2026-11-20T14:00:00.000Z',
  actor: { kind: 'system', id: 'test' },
  cause: { event: 'test' },
  events,
  prev: '',
  hash: '',
});
const left = (...events: Commit['events']) =>
  entries(events.reduce((state, event) => evolvePending(state, commit(event)), initialPending).conversations);
const queued = { type: 'MessageQueued', data: { messageId: 'm1' } };
const claimed = { type: 'SendClaimed', data: { messageId: 'm1', attemptId: 'a1' } };
const about = { messageId: 'm1', attemptId: 'a1' };

test.each([
  ['queued', [queued]],
  ['claimed', [queued, claimed]],
  ['deferred', [queued, claimed, { type: 'SendDeferred', data: about }]],
  [
    'to be sent again',
    [
      queued,
      claimed,
      { type: 'SendUncertain', data: about },
      { type: 'UncertainSettled', data: { messageId: 'm1', decision: 'resend' } },
    ],
  ],
])('a message that is %s is work', (_what, events) => {
  expect(left(...events)).toHaveLength(1);
});

test.each([
  ['accepted', [queued, claimed, { type: 'SendAccepted', data: about }]],
  ['failed', [queued, claimed, { type: 'SendFailed', data: about }]],
  ['uncertain', [queued, claimed, { type: 'SendUncertain', data: about }]],
  [
    'dropped',
    [
      queued,
      claimed,
      { type: 'SendUncertain', data: about },
      { type: 'UncertainSettled', data: { messageId: 'm1', decision: 'drop' } },
    ],
  ],
  [
    'reported by the provider before its answer was stored',
    [queued, claimed, { type: 'DeliveryReported', data: { attemptId: 'a1' } }],
  ],
])('a message that is %s is none', (_what, events) => {
  expect(left(...events)).toEqual([]);
});

test('a status of another attempt changes nothing, and other streams are not looked at', () => {
  expect(left(queued, claimed, { type: 'DeliveryReported', data: { attemptId: null } })).toHaveLength(1);
  expect(evolvePending(initialPending, { ...commit(queued), stream: 'contact.c' })).toBe(initialPending);
});
