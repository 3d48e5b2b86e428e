import { z } from 'zod';
import { accept, type Outcome } from '../outcome.ts';

/**
 * What a provider sent, signed, and could not be applied: unknown kind, unknown number, or a fact about something
 * not known yet. Stream `parked.<key>`, where the key is a hash of `raw`, so that a repeat appends nothing.
 *
 *   UpdateParked ─┬─► UpdateApplied     it found its place later
 *                 └─► UpdateDiscarded   every retry is used up, or a person said so; `raw` stays in the stream
 */
export const parkedEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('UpdateParked'),
    occurredAt: z.string().optional(),
    data: z.object({
      reason: z.string(),
      /** The provider's own name of the kind of update. */
      field: z.string(),
      /** The provider's id of our number, when the update names one. */
      phoneNumberId: z.string().nullable(),
      /** A webhook body with this update alone; text or base64 of the body when it was no JSON. */
      raw: z.unknown(),
    }),
  }),
  z.object({
    type: z.literal('UpdateApplied'),
    occurredAt: z.string().optional(),
    data: z.object({ attempt: z.number().int().nonnegative() }),
  }),
  z.object({
    type: z.literal('UpdateDiscarded'),
    occurredAt: z.string().optional(),
    data: z.object({ reason: z.string() }),
  }),
]);
export type ParkedEvent = z.infer<typeof parkedEventSchema>;
export type ParkedData = Extract<ParkedEvent, { type: 'UpdateParked' }>['data'];

export interface ParkedState {
  status: 'none' | 'parked' | 'applied' | 'discarded';
  update: ParkedData | null;
}

export const initialParked: ParkedState = { status: 'none', update: null };

export function evolveParked(state: ParkedState, event: ParkedEvent): ParkedState {
  switch (event.type) {
    case 'UpdateParked':
      return { status: 'parked', update: event.data };
    case 'UpdateApplied':
      return { ...state, status: 'applied' };
    case 'UpdateDiscarded':
      return { ...state, status: 'discarded' };
  }
}

export const decidePark = (state: ParkedState, data: ParkedData): Outcome<ParkedEvent> =>
  state.status === 'none' ? accept({ type: 'UpdateParked', data }) : accept();

export const decideApplied = (state: ParkedState, attempt: number): Outcome<ParkedEvent> =>
  state.status === 'parked' || state.status === 'discarded'
    ? accept({ type: 'UpdateApplied', data: { attempt } })
    : accept();

export const decideDiscard = (state: ParkedState, reason: string): Outcome<ParkedEvent> =>
  state.status === 'parked' ? accept({ type: 'UpdateDiscarded', data: { reason } }) : accept();

/** When an update that waits for something else is tried again, ms after it was parked or tried before. */
export const retryAfterMs = [60_000, 10 * 60_000, 3_600_000, 24 * 3_600_000] as const;
