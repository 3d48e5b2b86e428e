import { seal } from '@recado/domain/commit/chain';
import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import { type ChangesOptions, type CommitBatch, type EventStore, VersionConflict } from './event-store.ts';

/** The event store without a store: for tests. Same contract as on CouchDB (`event-store.contract.ts`). */
export function createMemoryEventStore(): EventStore {
  const log: Commit[] = [];
  const byStream = new Map<string, Map<number, Commit>>();
  const waiters = new Set<() => void>();
  const wakeAll = () => waiters.forEach((wake) => wake());

  const read = <Event extends EventEnvelope>(stream: string, after = 0): Commit<Event>[] => {
    const newer = [...(byStream.get(stream)?.values() ?? [])].filter((commit) => commit.version > after);
    return newer.sort((a, b) => a.version - b.version).map((commit) => copy<Event>(commit));
  };
  // A stream's commits sort by their ids, `<stream>:<version>`: the colon counts.
  const streamsInOrder = (prefix: string): string[] =>
    [...byStream.keys()]
      .map((stream) => `${stream}:`)
      .filter((id) => id.startsWith(prefix))
      .sort()
      .map((id) => id.slice(0, -1));

  async function* changes({ after, limit = 500, live, signal }: ChangesOptions): AsyncGenerator<CommitBatch> {
    let next = after === 'now' ? log.length : Number(after ?? 0);
    while (!signal.aborted) {
      const commits = log.slice(next, next + limit).map((commit) => copy(commit));
      next += commits.length;
      if (commits.length > 0) yield { commits, position: String(next) };
      else if (live) await somethingNew(signal);
      else return;
    }
  }

  const somethingNew = async (signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    waiters.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    waiters.delete(wake);
    signal.removeEventListener('abort', wake);
  };

  return {
    async append(draft) {
      const commit = seal(structuredClone(draft));
      await Promise.resolve();
      const commits = byStream.get(commit.stream) ?? new Map<number, Commit>();
      if (commits.has(commit.version)) throw new VersionConflict(commit.stream, commit.version);
      byStream.set(commit.stream, commits.set(commit.version, commit));
      log.push(commit);
      wakeAll();
      return copy(commit);
    },
    read: async (stream, after) => read(stream, after),
    async latest<Event extends EventEnvelope>(prefix: string) {
      const stream = streamsInOrder(prefix).at(-1);
      return stream === undefined ? null : (read<Event>(stream).at(-1) ?? null);
    },
    async streams(prefix, { after, limit = 100 } = {}) {
      const later = streamsInOrder(prefix).filter(
        (stream) => after === undefined || `${stream}:` > `${after}:`,
      );
      return later.slice(0, limit);
    },
    changes,
  };
}

/** What a caller does to a commit must not reach the next reader. */
const copy = <Event extends EventEnvelope>(commit: Commit): Commit<Event> =>
  structuredClone(commit) as Commit<Event>;
