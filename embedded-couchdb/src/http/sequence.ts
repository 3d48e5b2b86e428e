import { badRequest } from '../couch-error.ts';

/**
 * A sequence as clients see it: `<number>-<mark of the database>`. Clients must treat it as opaque, as with
 * CouchDB's own. The mark tells a sequence of a deleted namesake apart, whose reader starts again from zero
 * rather than miss what lies below its old position.
 */
export const writeSequence = (seq: number, databaseUuid: string) => `${seq}-${markOf(databaseUuid)}`;

export function readSequence(text: string, databaseUuid: string): number {
  const [, digits, mark] = /^"?(\d{1,16})(?:-([0-9a-zA-Z_-]*))?"?$/.exec(text) ?? [];
  if (digits === undefined) throw badRequest("Malformed sequence supplied in 'since' parameter.");
  if (mark !== undefined && mark !== markOf(databaseUuid)) return 0;
  return Number(digits);
}

export const markOf = (databaseUuid: string) => databaseUuid.slice(0, 8);
