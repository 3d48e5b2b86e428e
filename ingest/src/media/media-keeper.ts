import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Commit } from '@recado/domain/commit/commit';
import { conversationIdOf, conversationStream, isConversationStream } from '@recado/domain/commit/stream-id';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import { addMs, hour, minute } from '@recado/domain/time';
import type { Outcome } from '@recado/domain/outcome';
import type { ConversationState } from '@recado/domain/conversation/state';
import type { Timer, Timers } from '@recado/event-store/ports';
import type { MediaStore, StoredMedia } from '@recado/media-store/media-store';
import type { GraphClient } from '../meta/graph-client.ts';
import { createRunQueue } from '../outbox/run-queue.ts';
import type { AccountOf } from '../outbox/accounts.ts';
import type { Conversations } from '../receive/conversations.ts';
import { awaitedMedia, decideMediaLost, decideMediaStored } from './decide-media.ts';

/**
 * Fetches the files of received messages on receipt: the provider keeps them seven days, the link five minutes.
 *
 *   MessageReceived ─► timer (durable) ─► fetch ─► MediaStored, timer cancelled
 *                         ▲                 └─► not now: timer later … after six days: MediaLost
 *
 * The timer is set before the follower goes on, so a crash at any moment finds the file still to be fetched.
 */
export interface MediaKeeper {
  react(commits: readonly Commit[]): Promise<void>;
  retry(timer: Timer): Promise<void>;
  /** Resolves when nothing is being fetched. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export interface MediaKeeperDeps {
  conversations: Conversations;
  timers: Timers;
  graph: Pick<GraphClient, 'download'>;
  media: Pick<MediaStore, 'put'>;
  accountOf: AccountOf;
  now: () => string;
  concurrency?: number;
  onOutcome?: (outcome: 'stored' | 'lost' | 'again') => void;
  onError: (error: unknown) => void;
}

/** After the first attempt; the last is repeated until the file has expired. */
const waitsMs = [minute, 5 * minute, 30 * minute, 2 * hour, 12 * hour];
const expiresAfterMs = 6 * 24 * hour;
const timerPrefix = 'media.';

export const isMediaTimer = ({ key }: Timer): boolean => key.startsWith(timerPrefix);

export function createMediaKeeper(deps: MediaKeeperDeps): MediaKeeper {
  const { conversations, timers, graph, media, accountOf, now, concurrency = 4, onOutcome, onError } = deps;
  const queue = createRunQueue({
    concurrency,
    async run(key) {
      try {
        await attempt(key);
      } catch (error) {
        // The timer is still set.
        onError(error);
      }
      return 0;
    },
  });

  const setTimer = (key: string, tries: number): Promise<void> => {
    const due = addMs(now(), waitsMs[Math.min(tries, waitsMs.length - 1)] ?? hour);
    return timers.set({ key: `${timerPrefix}${key}`, due, data: { key, tries: tries + 1 } });
  };

  const begin = async (key: string, tries: number): Promise<void> => {
    await setTimer(key, tries);
    queue.add(key);
  };

  const decide = (
    [id, messageId]: readonly [string, string],
    decision: (state: ConversationState) => Outcome<ConversationEvent>,
  ) =>
    conversations.aggregate.handle({
      stream: conversationStream(id),
      actor: { kind: 'system', id: 'media' },
      cause: { event: `file of ${messageId}` },
      decide: decision,
    });

  const attempt = async (key: string): Promise<void> => {
    const [id, messageId] = split(key);
    const state = await conversations.state(id);
    const awaited = awaitedMedia(state, messageId);
    if (awaited) {
      const fetched = await fetchFile(state.numberId, awaited);
      const expired = now() > addMs(awaited.message.receivedAt, expiresAfterMs);
      if ('mediaHash' in fetched) {
        await decide([id, messageId], (current) => decideMediaStored(current, messageId, fetched));
        onOutcome?.('stored');
      } else if (fetched.final || expired) {
        await decide([id, messageId], (current) => decideMediaLost(current, messageId, fetched.reason));
        onOutcome?.('lost');
      } else {
        onOutcome?.('again');
        return;
      }
    }
    await timers.cancel(`${timerPrefix}${key}`);
  };

  const fetchFile = async (
    numberId: string,
    { providerMediaId, sha256 }: { providerMediaId: string | null; sha256: string | undefined },
  ): Promise<StoredMedia | { final: boolean; reason: string }> => {
    if (providerMediaId === null) return { final: true, reason: 'no_media_id' };
    const account = accountOf(numberId);
    if (!account) return { final: false, reason: 'number_unavailable' };
    const answer = await graph.download(account.accessToken, providerMediaId);
    if (answer.kind === 'refused') {
      // 100: no such object. A token that does not work is no reason to give the file up.
      return {
        final: answer.code === 100 || answer.status === 404,
        reason: `refused_${answer.code ?? answer.status}`,
      };
    }
    if (answer.kind !== 'file') return { final: false, reason: answer.reason };
    const stored = await media.put(Readable.fromWeb(answer.body as NodeReadableStream), {
      expectedHash: answer.sha256 ?? sha256,
      claimedMime: answer.mime,
    });
    if (!('rejected' in stored)) return stored;
    return { final: stored.rejected !== 'hash_mismatch', reason: stored.rejected };
  };

  return {
    async react(commits) {
      const keys = commits.flatMap(({ stream, events }) =>
        isConversationStream(stream)
          ? mediaMessages(events as ConversationEvent[]).map(
              (messageId) => `${conversationIdOf(stream)}/${messageId}`,
            )
          : [],
      );
      for (const key of keys) {
        const [id, messageId] = split(key);
        if (awaitedMedia(await conversations.state(id), messageId)) await begin(key, 0);
      }
    },
    async retry(timer) {
      const { key, tries } = timer.data as { key: string; tries: number };
      await begin(key, tries);
    },
    idle: () => queue.idle(),
    async stop() {
      queue.clear();
      await queue.idle();
    },
  };
}

const mediaMessages = (events: readonly ConversationEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'MessageReceived' && event.data.content.kind === 'media' ? [event.data.messageId] : [],
  );

function split(key: string): [conversationId: string, messageId: string] {
  const [id = '', messageId = ''] = key.split('/');
  return [id, messageId];
}
