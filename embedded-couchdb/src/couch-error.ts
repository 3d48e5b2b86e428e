/** A refusal as CouchDB words it: an HTTP status and the body `{error, reason}`. */
export class CouchError extends Error {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, reason: string) {
    super(reason);
    this.name = 'CouchError';
    this.status = status;
    this.error = error;
  }

  body(): { error: string; reason: string } {
    return { error: this.error, reason: this.message };
  }
}

export const badRequest = (reason: string) => new CouchError(400, 'bad_request', reason);
export const queryParseError = (reason: string) => new CouchError(400, 'query_parse_error', reason);
export const notFound = (reason: string) => new CouchError(404, 'not_found', reason);
export const conflict = () => new CouchError(409, 'conflict', 'Document update conflict.');
export const notImplemented = (reason: string) => new CouchError(501, 'not_implemented', reason);
export const noSuchDatabase = () => notFound('Database does not exist.');

export const illegalDatabaseName = (name: string) =>
  new CouchError(
    400,
    'illegal_database_name',
    `Name: '${name}'. Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / are allowed. Must begin with a letter.`,
  );
