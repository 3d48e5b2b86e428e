import type { CouchDatabase } from './couch/database.ts';
import type { Checkpoints } from './ports.ts';

/** Followers' positions, one document each: `checkpoint.<name>`. */
export function createCheckpoints({ database }: { database: CouchDatabase }): Checkpoints {
  const id = (name: string): string => `checkpoint.${name}`;
  return {
    async load(name) {
      const stored = await database.getOrNull<{ position: string }>(id(name));
      return stored?.position ?? null;
    },
    save: (name, position) => database.overwrite(id(name), { position }),
  };
}

export function createMemoryCheckpoints(): Checkpoints {
  const positions = new Map<string, string>();
  return {
    load: async (name) => positions.get(name) ?? null,
    save: async (name, position) => {
      positions.set(name, position);
    },
  };
}
