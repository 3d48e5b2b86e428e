import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Meta's limits, kept on our side so that the provider seldom has to. */
export interface RateLimits {
  /** 0 when the number may send now (and this is counted), else how long to wait, ms. */
  takeNumber(numberId: string): Promise<number>;
  /** The same for one recipient of one number. */
  takePair(numberId: string, recipient: string): Promise<number>;
}

export interface RateLimitOptions {
  /** Messages a second and number; default 80. */
  perSecond?: number;
  /** One message to the same recipient in this many seconds, in the long run; default 6. */
  pairSeconds?: number;
  /** Messages to the same recipient that may go at once; default 45. */
  pairBurst?: number;
}

export function createRateLimits(options: RateLimitOptions = {}): RateLimits {
  const { perSecond = 80, pairSeconds = 6, pairBurst = 45 } = options;
  const number = new RateLimiterMemory({ keyPrefix: 'number', points: perSecond, duration: 1 });
  const pair = new BurstyRateLimiter(
    new RateLimiterMemory({ keyPrefix: 'pair', points: 1, duration: pairSeconds }),
    new RateLimiterMemory({ keyPrefix: 'pair-burst', points: pairBurst, duration: pairBurst * pairSeconds }),
  );
  return {
    takeNumber: (numberId) => waitOf(number.consume(numberId)),
    takePair: (numberId, recipient) => waitOf(pair.consume(`${numberId} ${recipient}`)),
  };
}

async function waitOf(consumed: Promise<unknown>): Promise<number> {
  try {
    await consumed;
    return 0;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext);
    throw refusal;
  }
}
