import type { Commit } from '@recado/domain/commit/commit';
import { LRUCache } from 'lru-cache';

export interface StreamOrderDeps {
  /** The commits of a stream after a version, from the store. */
  read(stream: string, after: number): Promise<Commit[]>;
  /** The feed starts at the beginning of the database: what was not seen has not been given. */
  fromStart: boolean;
  /** How many streams are remembered; default 50,000. */
  remembered?: number;
}

/**
 * Keeps each stream's order in a feed that may break it: a sharded database merges its shards' sequences as they
 * come, and a cluster that loses a node goes back and repeats. For a commit of the feed, gives the commits to
 * hand on in its place: none for a repetition, the missing ones first when there is a gap.
 *
 *   given 1 2 · arrives 5 → 3 4 5 · arrives 4 → (nothing)
 *   resumed, given 7 8 · arrives 6 → 6 7 8, because whether 6 was given before the resume is not known
 *
 * So nothing is lost, and something may be given twice.
 */
export function createStreamOrder(deps: StreamOrderDeps): (commit: Commit) => Promise<Commit[]> {
  const { read, fromStart, remembered = 50_000 } = deps;
  let complete = fromStart;
  const given = new LRUCache<string, { first: number; last: number }>({
    max: remembered,
    dispose: (_range, _stream, reason) => {
      if (reason === 'evict') complete = false;
    },
  });

  const readBetween = async (stream: string, after: number, before: number): Promise<Commit[]> =>
    (await read(stream, after)).filter((commit) => commit.version < before);

  return async (commit) => {
    const { stream, version } = commit;
    const range = given.get(stream);
    if (!range) {
      const first = complete ? 1 : version;
      const missing = version > first ? await readBetween(stream, 0, version) : [];
      given.set(stream, { first, last: version });
      return [...missing, commit];
    }
    if (version > range.last) {
      const missing = version > range.last + 1 ? await readBetween(stream, range.last, version) : [];
      range.last = version;
      return [...missing, commit];
    }
    if (version >= range.first) return [];
    const again = await readBetween(stream, version, range.last + 1);
    range.first = version;
    return [commit, ...again];
  };
}
