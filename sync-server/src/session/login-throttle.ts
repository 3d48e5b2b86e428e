import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Slows down guessing: per account against a patient guesser with many addresses, per address against one who
 * tries many accounts. An attempt counts as failed until it has succeeded; a success clears the
 * account's count. Kept in memory: a restart forgives, and
 * with several processes each allows its own share.
 */
export interface LoginThrottle {
  /** Seconds to wait before the next attempt, or null when one may be made now. */
  waitFor(attempt: { email: string; address: string }): Promise<number | null>;
  failed(attempt: { email: string; address: string }): Promise<void>;
  succeeded(attempt: { email: string; address: string }): Promise<void>;
}

export interface LoginLimits {
  perAccount: number;
  perAddress: number;
  windowSeconds: number;
}
export const defaultLoginLimits: LoginLimits = { perAccount: 8, perAddress: 50, windowSeconds: 15 * 60 };

export function createLoginThrottle(limits: LoginLimits = defaultLoginLimits): LoginThrottle {
  const duration = limits.windowSeconds;
  const accounts = new RateLimiterMemory({ points: limits.perAccount, duration });
  const addresses = new RateLimiterMemory({ points: limits.perAddress, duration });

  return {
    async waitFor({ email, address }) {
      const [account, source] = await Promise.all([accounts.get(email), addresses.get(address)]);
      const waits = [blockedFor(account, limits.perAccount), blockedFor(source, limits.perAddress)];
      const longest = Math.max(...waits);
      return longest > 0 ? longest : null;
    },
    async failed({ email, address }) {
      await Promise.all([accounts.penalty(email), addresses.penalty(address)]);
    },
    async succeeded({ email, address }) {
      await Promise.all([accounts.delete(email), addresses.reward(address)]);
    },
  };
}

const blockedFor = (spent: RateLimiterRes | null, points: number): number =>
  spent !== null && spent.consumedPoints >= points ? Math.max(1, Math.ceil(spent.msBeforeNext / 1_000)) : 0;
