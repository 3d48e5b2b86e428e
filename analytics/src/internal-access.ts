import { internalHeaders } from '@recado/domain/access/internal-token';
import { isTenantId } from '@recado/domain/databases';
import type { Middleware } from 'koa';
import { createHash, timingSafeEqual } from 'node:crypto';
import { ProblemError } from './problem.ts';

export interface Scope {
  tenant: string;
}

/**
 * Only our own services come in, with the installation's internal token: they have authorised the person. Hashing
 * first makes the comparison constant in time for any length.
 */
export function internalOnly(token: string): Middleware {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return async (context, next) => {
    if (!timingSafeEqual(digest(context.get('authorization')), expected)) {
      throw new ProblemError(401, 'unauthenticated');
    }
    await next();
  };
}

/** For which tenant is asked. Every query of these routes is bound to it. */
export const tenantScope: Middleware<{ scope: Scope }> = async (context, next) => {
  const tenant = context.get(internalHeaders.tenant);
  if (!isTenantId(tenant)) throw new ProblemError(400, 'tenant_required', `header ${internalHeaders.tenant}`);
  context.state.scope = { tenant };
  await next();
};
