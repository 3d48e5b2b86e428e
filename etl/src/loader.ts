import { loadedTables, type LoadedTable, type QuarantineRow } from '@recado/analytics/tables';
import type { Warehouse } from '@recado/analytics/warehouse';
import { insertAll, type RefusedRow } from './refused-rows.ts';
import { emptyRows, type Rows } from './transform.ts';

export interface LoaderDeps {
  warehouse: Warehouse;
  /** How long rows may wait for others before they are inserted, ms; default 250. */
  flushEveryMs?: number;
  /** So many events are inserted at once, without waiting; default 5,000. */
  flushAtEvents?: number;
  /** Most rows of one insert; default 50,000. */
  rowsPerInsert?: number;
  onRefused?: (table: LoadedTable, refused: RefusedRow[]) => void;
}

export interface Loader {
  /** Resolves when the rows are durable; rejects when the warehouse did not take them, to be given again. */
  load(rows: Rows): Promise<void>;
  /** Inserts what waits. */
  stop(): Promise<void>;
}

interface Waiting {
  rows: Rows;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Collects the rows of all tenants into few large inserts: the warehouse makes a part of each insert, and many small
 * parts are what it is bad at. Inserts follow each other; what comes meanwhile goes with the next.
 */
export function createLoader(deps: LoaderDeps): Loader {
  const { warehouse, flushEveryMs = 250, flushAtEvents = 5_000, rowsPerInsert = 50_000, onRefused } = deps;
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();

  const insert = async (table: LoadedTable, rows: readonly object[]): Promise<RefusedRow[]> => {
    const refused: RefusedRow[] = [];
    for (let from = 0; from < rows.length; from += rowsPerInsert) {
      refused.push(...(await insertAll(warehouse, table, rows.slice(from, from + rowsPerInsert))));
    }
    if (refused.length > 0) onRefused?.(table, refused);
    return refused;
  };

  const insertRows = async (all: Rows): Promise<void> => {
    const quarantined: QuarantineRow[] = [...all.quarantine];
    for (const table of loadedTables) {
      if (table === 'quarantine') continue;
      const refused = await insert(table, all[table]);
      quarantined.push(...refused.map((row) => quarantineRefused(table, row)));
    }
    await insert('quarantine', quarantined);
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    flushing = flushing.then(async () => {
      const batch = waiting;
      waiting = [];
      if (batch.length === 0) return;
      try {
        await insertRows(concatenate(batch.map(({ rows }) => rows)));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    });
    return flushing;
  };

  return {
    load(rows) {
      return new Promise<void>((resolve, reject) => {
        waiting.push({ rows, resolve, reject });
        const events = waiting.reduce((count, { rows: { commits } }) => count + commits.length, 0);
        if (events >= flushAtEvents || flushEveryMs === 0) void flush();
        else timer ??= setTimeout(() => void flush(), flushEveryMs);
      });
    },
    stop: flush,
  };
}

function concatenate(batches: readonly Rows[]): Rows {
  const [first] = batches;
  if (batches.length === 1 && first) return first;
  const all = emptyRows();
  for (const table of loadedTables) {
    Object.assign(all, { [table]: batches.flatMap((rows): object[] => rows[table]) });
  }
  return all;
}

/** Where it stood is told from the row itself: every loaded table has the stream or what names it. */
function quarantineRefused(table: LoadedTable, { row, detail }: RefusedRow): QuarantineRow {
  const { tenant, stream, conversation_id, agent_id, version, event_index, type } = row as Record<
    string,
    unknown
  >;
  return {
    tenant: String(tenant),
    stream: String(stream ?? conversation_id ?? agent_id),
    version: Number(version) || 0,
    event_index: Number(event_index ?? 0),
    at: new Date(0).toISOString(),
    type: String(type ?? table),
    reason: 'refused_row',
    detail: `${table}: ${detail}`,
    data: JSON.stringify(row),
  };
}
