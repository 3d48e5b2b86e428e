import type { Context } from 'koa';

/** Every error this service answers with, RFC 9457. `code` is stable; `detail` is for the people who read logs. */
export const problems = {
  bad_signature: { status: 401, title: 'The signature is missing or is not ours' },
  verification_refused: { status: 403, title: 'The verify token is not one of ours' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This is not done with that method' },
  body_too_large: { status: 413, title: 'The body is larger than what is taken' },
  body_incomplete: { status: 400, title: 'The body ended before its time' },
  store_unavailable: { status: 503, title: 'The store does not answer; try again' },
  internal: { status: 500, title: 'Something is wrong on our side' },
} as const;
export type ProblemCode = keyof typeof problems;

export function answerProblem(ctx: Context, code: ProblemCode, detail?: string): void {
  const { status, title } = problems[code];
  ctx.status = status;
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify({ type: 'about:blank', status, code, title, ...(detail ? { detail } : {}) });
}
