/**
 * Rows of one table as the text that the engine reads (`JSONCompactEachRow`: one JSON array a row, names once).
 * Written as soon as they are made, they cost the garbage collector nothing while they wait to be inserted.
 */
export interface WrittenRows {
  columns: readonly string[];
  count: number;
  /** JSON arrays with commas between them. */
  text: string;
}

/** The rows have the columns of the first. */
export function writeRows(rows: readonly object[]): WrittenRows {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => columns.map((column) => (row as Record<string, unknown>)[column]));
  return { columns, count: rows.length, text: JSON.stringify(values).slice(1, -1) };
}

/** Rows of the same columns, in order. */
export function joinRows(parts: readonly WrittenRows[]): WrittenRows {
  const filled = parts.filter(({ count }) => count > 0);
  return {
    columns: filled[0]?.columns ?? [],
    count: filled.reduce((sum, { count }) => sum + count, 0),
    text: filled.map(({ text }) => text).join(','),
  };
}

/** The rows again, as the engine would be given them: what JSON does not keep is null or gone. */
export function readRows({ columns, text }: WrittenRows): Record<string, unknown>[] {
  const values = JSON.parse(`[${text}]`) as unknown[][];
  return values.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}
