import type { SendResult } from '@recado/domain/conversation/sending';
import type { Attempt } from '@recado/domain/conversation/state';
import { addMs, minute, second } from '@recado/domain/time';
import { backoffMs } from '@recado/event-store/retry';
import type { GraphRefusal, GraphSilence, SendAnswer } from '../meta/graph-client.ts';
import { errorClassOf, type ErrorClass } from './error-class.ts';

/** What an answer of the provider means for the message, and for the number or account it was sent with. */
export interface Verdict {
  result: SendResult;
  /** `none` where the provider took it or said nothing. */
  errorClass: ErrorClass | 'none';
}

export interface VerdictContext {
  /** The message's attempts, this one last. */
  attempts: readonly Attempt[];
  now: string;
  /** Attempts after which a passing error counts as final. */
  maxAttempts: number;
  /** 0 ≤ n < 1. */
  random: () => number;
}

const unreachable = 'unreachable';

export function verdictOf(
  answer: SendAnswer | GraphRefusal | GraphSilence,
  context: VerdictContext,
): Verdict {
  const { now, random } = context;
  switch (answer.kind) {
    case 'accepted':
      return { result: { kind: 'accepted', providerId: answer.providerId }, errorClass: 'none' };
    case 'unanswered':
      return { result: { kind: 'uncertain', reason: answer.reason }, errorClass: 'none' };
    case 'unsent': {
      // Our own network: however long it lasts, it is no reason to give a message up.
      const tries = deferralsWith(context.attempts, (code) => code === unreachable) + 1;
      const retryAt = addMs(now, Math.round(backoffMs(tries, { baseMs: 2 * second, maxMs: minute, random })));
      return {
        result: { kind: 'deferred', code: unreachable, detail: answer.reason, retryAt },
        errorClass: 'none',
      };
    }
    case 'refused':
      return refused(answer, context);
  }
}

function refused(answer: GraphRefusal, { attempts, now, maxAttempts, random }: VerdictContext): Verdict {
  const errorClass = errorClassOf(answer);
  const code = answer.code === null ? `http_${answer.status}` : String(answer.code);
  const { detail } = answer;
  const failed: Verdict = { result: { kind: 'failed', code, detail }, errorClass };
  const deferred = (waitMs: number): Verdict => ({
    result: { kind: 'deferred', code, detail, retryAt: addMs(now, Math.round(waitMs)) },
    errorClass,
  });
  const sameBefore = deferralsWith(attempts, (earlier) => earlier === code);
  const spent = deferralsWith(attempts, countsAgainst) + 1 >= maxAttempts;

  switch (errorClass) {
    case 'retry':
      return spent
        ? failed
        : deferred(backoffMs(sameBefore + 1, { baseMs: 2 * second, maxMs: 5 * minute, random }));
    case 'pair_wait':
      // Jitter upwards only: sooner than 4^n seconds is too soon.
      return spent ? failed : deferred(4 ** (sameBefore + 1) * second * (1 + 0.1 * random()));
    case 'retry_media_once':
      return sameBefore > 0 ? failed : deferred(backoffMs(1, { baseMs: 2 * second, random }));
    case 'pause_number':
    case 'stop_account':
      // Nothing is wrong with the message: it goes as soon as the number may send again.
      return deferred(0);
    case 'never':
    case 'fix':
      return failed;
  }
}

/** A message is given up for what it met itself, not for our network or a number that had to be quiet. */
function countsAgainst(code: string): boolean {
  if (code === unreachable) return false;
  const errorClass = errorClassOf({ code: Number(code), status: 0 });
  return errorClass !== 'pause_number' && errorClass !== 'stop_account';
}

const deferralsWith = (attempts: readonly Attempt[], matches: (code: string) => boolean): number =>
  attempts.filter(({ outcome, code }) => outcome === 'deferred' && code !== undefined && matches(code))
    .length;
