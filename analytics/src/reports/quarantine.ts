import type { QuarantineRow } from '../tables.ts';
import type { Warehouse } from '../warehouse.ts';
import { reportSql } from './sql.ts';

type StoredRow = Omit<QuarantineRow, 'tenant'> & { in_all: number };

/** What could not be loaded, newest first, with how much there is in all. */
export async function quarantine(warehouse: Warehouse, tenant: string, rowLimit: number) {
  const rows = await warehouse.query<StoredRow>(reportSql.quarantine, { tenant, rowLimit });
  return {
    count: rows[0]?.in_all ?? 0,
    items: rows.map(({ stream, version, event_index, at, type, reason, detail, data }) => ({
      stream,
      version,
      eventIndex: event_index,
      at,
      type,
      reason,
      detail,
      data,
    })),
  };
}
