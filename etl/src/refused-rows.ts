import type { Warehouse } from '@recado/analytics/warehouse';
import { readRows, type WrittenRows } from '@recado/analytics/written-rows';

/** The engine's names for "this row cannot be stored", which no repetition heals. Other faults are retried. */
const refusals = new Set([
  'CANNOT_PARSE_TEXT',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_ESCAPE_SEQUENCE',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_READ_ALL_DATA',
  'INCORRECT_DATA',
  'TOO_LARGE_STRING_SIZE',
  'TYPE_MISMATCH',
  'ARGUMENT_OUT_OF_BOUND',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
]);

/** By its shape: chDB's errors are of the client's class, but of another copy of it. */
const refusalOf = (error: unknown): string | null =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' && refusals.has(error.type)
    ? error.type
    : null;

export interface RefusedRow {
  row: object;
  detail: string;
}

/**
 * Inserts rows, all that can be: where the engine refuses a row, the batch is halved until that row is alone, and
 * the row is given back. @throws every other fault, to be retried.
 */
export async function insertAll(
  warehouse: Warehouse,
  table: string,
  rows: readonly object[] | WrittenRows,
): Promise<RefusedRow[]> {
  try {
    await warehouse.insert(table, rows);
    return [];
  } catch (error) {
    const detail = refusalOf(error);
    if (detail === null) throw error;
    const read = 'text' in rows ? readRows(rows) : rows;
    const [row, ...others] = read;
    if (row === undefined || others.length === 0) return row ? [{ row, detail }] : [];
    const half = Math.ceil(read.length / 2);
    const first = await insertAll(warehouse, table, read.slice(0, half));
    return [...first, ...(await insertAll(warehouse, table, read.slice(half)))];
  }
}
