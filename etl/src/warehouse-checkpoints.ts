import type { CheckpointRow } from '@recado/analytics/tables';
import type { Warehouse } from '@recado/analytics/warehouse';
import { latest, type Clock, instant } from '@recado/domain/time';
import type { Checkpoints } from '@recado/event-store/ports';

export interface WarehouseCheckpoints extends Checkpoints {
  /** Commits up to this commit time have been loaded: saved with the next position. */
  loaded(until: string): void;
}

/**
 * Where a tenant's load stands, in the warehouse itself: a warehouse that was emptied has no checkpoint and is
 * loaded from the beginning, and a restored backup goes on from where it was taken.
 */
export function createWarehouseCheckpoints(deps: {
  warehouse: Warehouse;
  tenant: string;
  now: Clock;
}): WarehouseCheckpoints {
  const { warehouse, tenant, now } = deps;
  let loadedUntil: string | null = null;
  let revision = 0;
  return {
    async load(name) {
      const [row] = await warehouse.query<CheckpointRow>(
        'SELECT * FROM {db:Identifier}.checkpoints FINAL WHERE tenant = {tenant:String} AND name = {name:String}',
        { tenant, name },
      );
      if (!row) return null;
      revision = row.revision;
      loadedUntil = row.loaded_until;
      return row.position;
    },
    async save(name, position) {
      // Rises even where the clock went back: the newest row must win.
      revision = Math.max(revision + 1, now());
      const row: CheckpointRow = {
        tenant,
        name,
        position,
        loaded_until: loadedUntil,
        saved_at: instant(now()),
        revision,
      };
      await warehouse.insert('checkpoints', [row]);
    },
    loaded(until) {
      loadedUntil = latest(loadedUntil, until);
    },
  };
}
