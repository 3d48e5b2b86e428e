import { blob } from 'node:stream/consumers';
import type { Commit } from '@recado/domain/commit/commit';
import { conversationStream } from '@recado/domain/commit/stream-id';
import {
  decideClaim,
  decideResult,
  sendable,
  unfinished,
  type SendResult,
} from '@recado/domain/conversation/sending';
import type { ConversationState, OutboundMessage } from '@recado/domain/conversation/state';
import { must } from '@recado/domain/must';
import { ms, type Clock } from '@recado/domain/time';
import { retry } from '@recado/event-store/retry';
import type { MediaStore } from '@recado/media-store/media-store';
import type { GraphAccount, GraphClient } from '../meta/graph-client.ts';
import type { Conversations } from '../receive/conversations.ts';
import type { AccountOf } from './accounts.ts';
import { compose } from './compose.ts';
import type { RateLimits } from './rate-limits.ts';
import { verdictOf, type Verdict } from './send-result.ts';

/**
 * Sends what waits in one conversation, one message after the other, and says when to come back.
 *
 *   what was left claimed → uncertain ─► first sendable ─► claim (durable) ─► call ─► result (durable) ─► next …
 *
 * Invariants
 * - The attempt is stored before the call: after a crash it is known that something may have been sent, and it
 *   is not sent again by itself.
 * - The order in which messages were queued is the order in which they are tried: a deferred one holds back the
 *   ones behind it. One that failed or is uncertain does not.
 */
export type Delivered =
  /** Nothing is left to send. */
  | { done: true }
  /** Come back then: a deferral, or the recipient's pace. */
  | { waitMs: number }
  /** The number's pace: until then it would refuse every conversation, so none need be tried. */
  | { restMs: number }
  /** Come back when the number may send. */
  | { held: string };

export interface DeliverDeps {
  conversations: Conversations;
  graph: GraphClient;
  media: Pick<MediaStore, 'open'>;
  limits: RateLimits;
  accountOf: AccountOf;
  clock: Clock;
  now: () => string;
  newAttemptId: () => string;
  random: () => number;
  /** Default 8. */
  maxAttempts?: number;
  /** `cause`: id of the commit that holds the result. */
  onVerdict: (numberId: string, verdict: Verdict, cause: string) => Promise<void>;
  onError: (error: unknown) => void;
}

const actor = { kind: 'system', id: 'outbox' } as const;
/** About fifteen seconds; after that the attempt counts as interrupted. */
const recordAttempts = 20;

export function createDeliver(deps: DeliverDeps) {
  const {
    conversations,
    graph,
    media,
    limits,
    accountOf,
    clock,
    now,
    newAttemptId,
    random,
    onVerdict,
    onError,
  } = deps;
  const { maxAttempts = 8 } = deps;
  const { aggregate } = conversations;

  const record = (id: string, messageId: string, attemptId: string, result: SendResult) =>
    aggregate.handle({
      stream: conversationStream(id),
      actor,
      cause: { event: `attempt ${attemptId}` },
      decide: (state) => decideResult(state, messageId, attemptId, result),
    });

  const claim = (id: string, messageId: string, attemptId: string) =>
    aggregate.handle({
      stream: conversationStream(id),
      actor,
      cause: { event: `message ${messageId}` },
      decide: (state) => decideClaim(state, messageId, attemptId),
    });

  /** From a claimed attempt to what became of it. */
  const attempt = async (
    state: ConversationState,
    message: OutboundMessage,
    attemptId: string,
    account: GraphAccount,
  ): Promise<Verdict> => {
    const judge = (answer: Parameters<typeof verdictOf>[0]): Verdict =>
      verdictOf(answer, { attempts: message.attempts, now: now(), maxAttempts, random });
    const fail = (code: string): Verdict => ({ result: { kind: 'failed', code }, errorClass: 'none' });
    const { content } = message;
    let mediaId: string | undefined;
    if (content.kind === 'media' && 'mediaHash' in content) {
      const file = await media.open(content.mediaHash);
      if (!file) return fail('media_missing');
      const bytes = (await blob(file.stream())) as unknown as Blob;
      const uploaded = await graph.upload(account, { bytes, mime: content.mime, filename: content.filename });
      // A file that may have arrived is no message: whatever happened, nothing was sent.
      if (uploaded.kind === 'unanswered') return judge({ kind: 'unsent', reason: uploaded.reason });
      if (uploaded.kind !== 'uploaded') return judge(uploaded);
      ({ mediaId } = uploaded);
    }
    const composed = compose(state, message, { attemptId, mediaId });
    return 'unsendable' in composed
      ? fail(composed.unsendable)
      : judge(await graph.send(account, composed.body));
  };

  /** `seen`: a commit that brought work, if one did. Resolves also after `signal` aborts, but begins nothing then. */
  return async (id: string, signal: AbortSignal, seen?: Commit): Promise<Delivered> => {
    let { state } = seen ? await aggregate.catchUp(seen) : await aggregate.load(conversationStream(id));
    // Nobody else works on this conversation: an attempt without an end was ours, in a process that is gone.
    for (const left of unfinished(state)) {
      const attemptId = must(left.attempts.at(-1), 'the attempt that was left').attemptId;
      ({ state } = await record(id, left.messageId, attemptId, { kind: 'uncertain', reason: 'interrupted' }));
    }
    for (;;) {
      const [next] = sendable(state);
      if (!next || signal.aborted) return { done: true };
      const retryAt = next.attempts.at(-1)?.retryAt;
      const waitMs = retryAt === undefined ? 0 : ms(retryAt) - clock();
      if (waitMs > 0) return { waitMs };

      const account = accountOf(state.numberId);
      if (!account) return { held: state.numberId };
      const restMs = await limits.takeNumber(state.numberId);
      if (restMs > 0) return { restMs };
      const pairWaitMs = await limits.takePair(state.numberId, state.address?.value ?? state.contactId);
      if (pairWaitMs > 0) return { waitMs: pairWaitMs };

      const attemptId = newAttemptId();
      const claimed = await claim(id, next.messageId, attemptId);
      ({ state } = claimed);
      const message = state.messages[next.messageId];
      if (!('commit' in claimed) || !claimed.commit || message?.direction !== 'out') continue;
      const verdict = await attempt(state, message, attemptId, account).catch((error: unknown): Verdict => {
        // Our own fault, somewhere around the call: whether it was sent is then not known.
        onError(error);
        return { result: { kind: 'uncertain', reason: 'internal' }, errorClass: 'none' };
      });
      // The provider has spoken: that must not be lost to a store that is away for a moment.
      const recorded = await retry(() => record(id, message.messageId, attemptId, verdict.result), {
        attempts: recordAttempts,
        maxMs: 1_000,
        onFault: onError,
      });
      ({ state } = recorded);
      const cause = 'commit' in recorded && recorded.commit ? recorded.commit._id : `attempt ${attemptId}`;
      await onVerdict(state.numberId, verdict, cause);
    }
  };
}
