import type { Problem } from '@recado/domain/wire/api';

/** Every refusal that a client of ours can get, with its HTTP status: the one place where codes meet HTTP. */
const statuses = {
  invalid_request: 400,
  invalid_json: 400,
  unauthenticated: 401,
  wrong_credentials: 401,
  forbidden: 403,
  cross_origin: 403,
  not_found: 404,
  method_not_allowed: 405,
  epoch_changed: 410,
  too_large: 413,
  type_not_allowed: 415,
  range_not_satisfiable: 416,
  hash_mismatch: 422,
  too_many_attempts: 429,
  internal_error: 500,
  reports_unavailable: 503,
  store_unavailable: 503,
} as const;
export type ProblemCode = keyof typeof statuses;

const titles: Record<ProblemCode, string> = {
  invalid_request: 'The request is not valid',
  invalid_json: 'The body is not valid JSON',
  unauthenticated: 'No session',
  wrong_credentials: 'E-mail or password is wrong',
  forbidden: 'This role may not do that',
  cross_origin: 'The request comes from another site',
  not_found: 'Nothing here',
  method_not_allowed: 'Not with this method',
  epoch_changed: 'The mailbox was rebuilt',
  too_large: 'The body is too large',
  type_not_allowed: 'This type of file may not be stored',
  range_not_satisfiable: 'The range is outside the file',
  hash_mismatch: 'The bytes do not give the hash',
  too_many_attempts: 'Too many attempts',
  internal_error: 'Something broke on our side',
  reports_unavailable: 'Reports are not available now',
  store_unavailable: 'The store does not answer',
};

export const problemCodes = Object.keys(statuses) as ProblemCode[];

/** Ends a request with a problem document. Thrown in `http` code and routes only; met by one middleware. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly code: ProblemCode;
  /** More members of the problem document, such as `epoch`. */
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;
  constructor(
    code: ProblemCode,
    options: { detail?: string; extra?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(options.detail ?? titles[code]);
    this.code = code;
    this.extra = { ...(options.detail === undefined ? {} : { detail: options.detail }), ...options.extra };
    this.headers = options.headers ?? {};
  }
  get status(): number {
    return statuses[this.code];
  }
  body(): Problem {
    return {
      type: 'about:blank',
      title: titles[this.code],
      status: this.status,
      code: this.code,
      ...this.extra,
    };
  }
}

export const problem = (code: ProblemCode, detail?: string): HttpProblem => new HttpProblem(code, { detail });
