import type { CouchDatabase } from './couch/database.ts';
import type { Snapshots } from './ports.ts';

type Snapshot = NonNullable<Awaited<ReturnType<Snapshots['load']>>>;

/** Projections' saved states, one document each: `snapshot.<name>`. A state must be JSON and fit a document (8 MB). */
export function createSnapshots({ database }: { database: CouchDatabase }): Snapshots {
  const id = (name: string): string => `snapshot.${name}`;
  return {
    async load(name) {
      const stored = await database.getOrNull<Snapshot>(id(name));
      return stored ? { schema: stored.schema, position: stored.position, state: stored.state } : null;
    },
    save: (name, snapshot) => database.overwrite(id(name), snapshot),
  };
}

export function createMemorySnapshots(): Snapshots {
  const snapshots = new Map<string, Snapshot>();
  return {
    load: async (name) => structuredClone(snapshots.get(name) ?? null),
    save: async (name, snapshot) => {
      snapshots.set(name, structuredClone(snapshot));
    },
  };
}
