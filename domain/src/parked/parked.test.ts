import { expect, test } from 'vitest';
import { isRejection, type Outcome } from '../outcome.ts';
import {
  decideApplied,
  decideDiscard,
  decidePark,
  evolveParked,
  initialParked,
  parkedEventSchema,
  type ParkedEvent,
  type ParkedState,
} from './parked.ts';

const data = { reason: 'unknown_number', field: 'messages', phoneNumberId: '1', raw: { any: 'thing' } };
const after = (state: ParkedState, outcome: Outcome<ParkedEvent>): ParkedState => {
  if (isRejection(outcome)) throw new Error(outcome.rejected);
  outcome.accepted.forEach((event) => expect(parkedEventSchema.parse(event)).toEqual(event));
  return outcome.accepted.reduce(evolveParked, state);
};
const parked = after(initialParked, decidePark(initialParked, data));

test('an update is parked once, whole', () => {
  expect(parked).toEqual({ status: 'parked', update: data });
  expect(decidePark(parked, data)).toEqual({ accepted: [] });
});

test('it is applied once, even after it was given up', () => {
  const discarded = after(parked, decideDiscard(parked, 'too late'));
  const applied = after(discarded, decideApplied(discarded, 1));
  expect([discarded.status, applied.status]).toEqual(['discarded', 'applied']);
  expect(decideApplied(applied, 2)).toEqual({ accepted: [] });
});

test('what was applied is not discarded, and what was never parked is neither', () => {
  const applied = after(parked, decideApplied(parked, 1));
  expect(decideDiscard(applied, 'late')).toEqual({ accepted: [] });
  expect(decideDiscard(initialParked, 'never')).toEqual({ accepted: [] });
  expect(decideApplied(initialParked, 1)).toEqual({ accepted: [] });
});
