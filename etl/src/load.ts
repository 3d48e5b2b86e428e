import { loadedTables, type LoadedTable, type QuarantineReason } from '@recado/analytics/tables';
import { joinRows, writeRows, type WrittenRows } from '@recado/analytics/written-rows';
import type { Rows } from './transform.ts';

/** Rows by table, ready to be inserted, and what is counted of them. */
export interface Load {
  tables: Readonly<Record<LoadedTable, WrittenRows>>;
  events: number;
  /** Commit time of each commit. */
  committedAt: readonly string[];
  quarantined: readonly QuarantineReason[];
}

const eachTable = (written: (table: LoadedTable) => WrittenRows): Load['tables'] =>
  Object.fromEntries(loadedTables.map((table) => [table, written(table)])) as Record<
    LoadedTable,
    WrittenRows
  >;

export const loadOf = (rows: Rows): Load => ({
  tables: eachTable((table) => writeRows(rows[table])),
  events: rows.events.length,
  committedAt: rows.commits.map(({ at }) => at),
  quarantined: rows.quarantine.map(({ reason }) => reason),
});

export function joinLoads(loads: readonly Load[]): Load {
  const [first] = loads;
  if (loads.length === 1 && first) return first;
  return {
    tables: eachTable((table) => joinRows(loads.map(({ tables }) => tables[table]))),
    events: loads.reduce((sum, { events }) => sum + events, 0),
    committedAt: loads.flatMap(({ committedAt }) => committedAt),
    quarantined: loads.flatMap(({ quarantined }) => quarantined),
  };
}
