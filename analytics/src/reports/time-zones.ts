import type { Warehouse } from '../warehouse.ts';
import { reportSql } from './sql.ts';

/** Tells whether the engine can count days in a time zone. Its list is read once. */
export function createTimeZones(warehouse: Warehouse): (timeZone: string) => Promise<boolean> {
  let known: Promise<Set<string>> | null = null;
  const read = async (): Promise<Set<string>> => {
    const rows = await warehouse.query<{ time_zone: string }>(reportSql.timeZones);
    return new Set(rows.map((row) => row.time_zone));
  };
  return async (timeZone) => {
    known ??= read();
    try {
      return (await known).has(timeZone);
    } catch (error) {
      known = null;
      throw error;
    }
  };
}
