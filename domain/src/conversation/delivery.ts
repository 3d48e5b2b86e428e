/**
 * Where an outbound message stands. Providers report states late, twice and out of order, so the state is the
 * highest one ever seen and never goes back: proof of delivery beats an earlier failure.
 * (`warning` and `deleted` are legacy statuses without meaning for delivery: parked by the codec.)
 */
export const deliveryOrder = [
  'queued',
  'claimed',
  'accepted',
  'sent',
  'failed',
  'delivered',
  'read',
  'played',
] as const;
export type Delivery = (typeof deliveryOrder)[number];

/** The states a provider reports. */
export const reportedStatuses = ['sent', 'failed', 'delivered', 'read', 'played'] as const;
export type ReportedStatus = (typeof reportedStatuses)[number];

const rank = new Map<Delivery, number>(deliveryOrder.map((state, index) => [state, index]));

export const isHigher = (candidate: Delivery, than: Delivery): boolean =>
  rank.get(candidate)! > rank.get(than)!;
export const highest = (a: Delivery, b: Delivery): Delivery => (isHigher(b, a) ? b : a);
