import type { Commit } from '@recado/domain/commit/commit';
import { queueSchema } from '@recado/domain/settings/settings';
import type { EventStore } from '@recado/event-store/event-store';

/** T of a queue's service level at an instant, ms; null where none was set by then. */
export type TargetAt = (queueId: string, at: string) => number | null;

export interface QueueTargets {
  at: TargetAt;
  /** Takes in a commit of the feed; others than settings are nothing to it. */
  apply(commit: Commit): void;
}

/**
 * The history of every queue's T, from the settings' streams. A conversation is measured by the T that was in
 * force when its clock started, so a change of T does not rewrite the past, and a rebuild gives the same figures.
 */
export async function loadQueueTargets(store: EventStore): Promise<QueueTargets> {
  const history = new Map<string, { from: string; version: number; slaMs: number }[]>();

  const apply = (commit: Commit): void => {
    if (!commit.stream.startsWith('settings.')) return;
    for (const event of commit.events) {
      const queue = event.type === 'QueueConfigured' ? queueSchema.safeParse(event.data) : undefined;
      if (!queue?.success) continue;
      const { queueId, slaMs } = queue.data;
      const known = (history.get(queueId) ?? []).filter(({ version }) => version !== commit.version);
      known.push({ from: commit.at, version: commit.version, slaMs });
      history.set(
        queueId,
        known.sort((a, b) => a.version - b.version),
      );
    }
  };

  for (let after: string | undefined; ;) {
    const streams = await store.streams('settings.', { after, limit: 100 });
    for (const stream of streams) (await store.read(stream)).forEach(apply);
    after = streams.at(-1);
    if (after === undefined) break;
  }

  return {
    apply,
    at: (queueId, at) => history.get(queueId)?.findLast(({ from }) => from <= at)?.slaMs ?? null,
  };
}
