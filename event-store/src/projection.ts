import { follow } from './follow.ts';
import type { Projection, ProjectionDeps } from './ports.ts';
import type { BackoffOptions } from './retry.ts';

/**
 * Follows the store and folds every commit into one state in memory. State and position are saved as one
 * document, so a restart folds no commit twice and skips none; another `schema` starts again from the first commit.
 */
export function createProjection<State>(
  deps: ProjectionDeps<State> & { backoff?: BackoffOptions },
): Projection<State> {
  const {
    store,
    snapshots,
    name,
    schema,
    initial,
    evolve,
    onChange,
    onError,
    snapshotEveryMs = 5_000,
    backoff,
  } = deps;
  let state = initial;
  // What a save must write: the handler may be ahead of the position that the follower has noted.
  let folded: { position: string; state: State } | null = null;

  const follower = follow({
    store,
    name,
    onError,
    backoff,
    checkpointEveryMs: snapshotEveryMs,
    checkpoints: {
      async load() {
        const snapshot = await snapshots.load(name);
        if (snapshot?.schema !== schema) return null;
        state = snapshot.state as State;
        return snapshot.position;
      },
      async save() {
        if (folded) await snapshots.save(name, { schema, ...folded });
      },
    },
    async handle(commits, position) {
      state = commits.reduce((before, commit) => evolve(before, commit), state);
      folded = { position, state };
      try {
        await onChange?.(state, commits);
      } catch (error) {
        onError?.(error, 1);
      }
    },
  });

  return { state: () => state, settled: () => follower.settled(), stop: () => follower.stop() };
}
