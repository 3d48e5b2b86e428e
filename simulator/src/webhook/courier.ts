import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';

/**
 * Carries one webhook to the receiver and does not rest until it was answered with 200.
 *
 * Every delivery is on its own: one that is refused does not hold back the others, so a receiver that fails now and
 * then sees webhooks out of order, as it would with Meta.
 */
export type Delivery = {
  body: Buffer;
  signature: string;
  /** Called after each attempt that was not answered with 200. */
  onRefused?: () => void;
  onAcknowledged: () => void;
};

export type CourierStats = {
  attempts: number;
  acknowledged: number;
  refused: number;
  unreachable: number;
  retries: number;
  pending: number;
};

export const createCourier = (deps: {
  fetch: typeof globalThis.fetch;
  clock: Clock;
  logger: Logger;
  /** Undefined while nobody is subscribed; deliveries wait and are tried again. */
  url: () => string | undefined;
  /** Waits between attempts, ms; the last one repeats for ever. */
  retryScheduleMs: readonly number[];
  timeoutMs: number;
  maxInFlight: number;
}) => {
  const stats: CourierStats = {
    attempts: 0,
    acknowledged: 0,
    refused: 0,
    unreachable: 0,
    retries: 0,
    pending: 0,
  };
  const waiting: { delivery: Delivery; tried: number }[] = [];
  const timers = new Set<() => void>();
  const abort = new AbortController();
  let inFlight = 0;
  let stopped = false;

  const attempt = async (delivery: Delivery): Promise<'acknowledged' | 'refused' | 'unreachable'> => {
    const url = deps.url();
    if (url === undefined) return 'unreachable';
    stats.attempts += 1;
    try {
      const response = await deps.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'facebookexternalua',
          'x-hub-signature-256': delivery.signature,
        },
        body: new Uint8Array(delivery.body),
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(deps.timeoutMs)]),
      });
      // Read to the end, so that the connection goes back to the pool.
      await response.arrayBuffer();
      return response.status === 200 ? 'acknowledged' : 'refused';
    } catch {
      return 'unreachable';
    }
  };

  /** Says when the receiver goes and when it comes back, not for each webhook. */
  let receiver: 'acknowledged' | 'refused' | 'unreachable' = 'acknowledged';
  const noteReceiver = (outcome: typeof receiver) => {
    if (outcome === receiver) return;
    receiver = outcome;
    if (outcome === 'acknowledged') deps.logger.info({}, 'webhooks are accepted again');
    else deps.logger.warn({ outcome }, 'webhooks are not accepted; they are sent again until they are');
  };

  const carry = async (delivery: Delivery, tried: number): Promise<void> => {
    const outcome = await attempt(delivery);
    if (stopped) return;
    stats[outcome] += 1;
    noteReceiver(outcome);
    if (outcome === 'acknowledged') {
      stats.pending -= 1;
      delivery.onAcknowledged();
      return;
    }
    delivery.onRefused?.();
    const schedule = deps.retryScheduleMs;
    const wait = schedule[Math.min(tried, schedule.length - 1)] ?? 1000;
    const cancel = deps.clock.after(wait, () => {
      timers.delete(cancel);
      stats.retries += 1;
      waiting.push({ delivery, tried: tried + 1 });
      pump();
    });
    timers.add(cancel);
  };

  const pump = (): void => {
    while (!stopped && inFlight < deps.maxInFlight) {
      const next = waiting.shift();
      if (!next) return;
      inFlight += 1;
      void carry(next.delivery, next.tried).finally(() => {
        inFlight -= 1;
        pump();
      });
    }
  };

  return {
    deliver: (delivery: Delivery): void => {
      stats.pending += 1;
      waiting.push({ delivery, tried: 0 });
      pump();
    },
    stats: (): CourierStats => ({ ...stats }),
    stop: (): void => {
      stopped = true;
      for (const cancel of timers) cancel();
      timers.clear();
      abort.abort();
    },
  };
};

export type Courier = ReturnType<typeof createCourier>;
