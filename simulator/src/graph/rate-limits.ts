import type { Clock } from '../clock.ts';

/** What a number may send: 80 messages a second in all, and to one customer one per 6 s after a burst of 45. */
const throughput = { perSecond: 80, burst: 80 };
const pair = { perSecond: 1 / 6, burst: 45 };

type Bucket = { tokens: number; at: number };

/** Token buckets. `take` answers the code Meta would refuse with, or undefined when the message may go. */
export const createRateLimits = (deps: { clock: Clock }) => {
  const buckets = new Map<string, Bucket>();

  const filled = (key: string, limit: typeof pair): Bucket => {
    const now = deps.clock.now();
    const bucket = buckets.get(key) ?? { tokens: limit.burst, at: now };
    bucket.tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    return bucket;
  };

  return {
    take: (phoneNumberId: string, customer: string): 130429 | 131056 | undefined => {
      const number = filled(phoneNumberId, throughput);
      const both = filled(`${phoneNumberId}/${customer}`, pair);
      if (number.tokens < 1) return 130429;
      if (both.tokens < 1) return 131056;
      number.tokens -= 1;
      both.tokens -= 1;
      return undefined;
    },
  };
};

export type RateLimits = ReturnType<typeof createRateLimits>;
