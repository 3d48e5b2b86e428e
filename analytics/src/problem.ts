import type { Problem } from '@recado/domain/wire/api';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';

/** Ends a request with a problem (RFC 9457). Thrown by routes and by what stands before them. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly problem: Problem;
  constructor(status: number, code: string, detail?: string) {
    super(detail ?? code);
    this.problem = { type: 'about:blank', title: titles[status] ?? 'Error', status, code, detail };
  }
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The one place where errors meet HTTP. Nothing of the engine's message leaves the process: it may hold data. */
export const problems =
  (logger: Logger): Middleware =>
  async (context, next) => {
    try {
      await next();
      // Koa's own 404 and 405, which have no body yet.
      if (context.body === undefined && context.status === 404) throw new ProblemError(404, 'not_found');
      if (context.body === undefined && context.status === 405)
        throw new ProblemError(405, 'method_not_allowed');
    } catch (error) {
      const { problem } = error instanceof ProblemError ? error : unexpected(error, logger);
      context.status = problem.status;
      context.body = problem;
      context.type = 'application/problem+json';
    }
  };

function unexpected(error: unknown, logger: Logger): ProblemError {
  logger.error({ err: error }, 'a request failed');
  // The engine's own errors have a code and a type, those of the network a code alone.
  const isNetwork = error instanceof Error && 'code' in error && !('type' in error);
  return isNetwork ? new ProblemError(503, 'warehouse_unavailable') : new ProblemError(500, 'internal_error');
}
