import { isTenantId, isUserId } from '@recado/domain/databases';
import { roles, type Person } from '@recado/domain/access/access';
import { z } from 'zod';

/** Documents of the directory database, shared by all tenants of the installation. */
export const tenantSchema = z.object({
  tenantId: z.string().refine(isTenantId),
  name: z.string(),
});
export type Tenant = z.infer<typeof tenantSchema>;

export const userSchema = z.object({
  userId: z.string().refine(isUserId),
  tenantId: z.string().refine(isTenantId),
  name: z.string(),
  /** Normalised: see `normalizeEmail`. */
  email: z.string(),
  roles: z.array(z.enum(roles)),
  /** argon2id in PHC form. */
  passwordHash: z.string(),
  disabled: z.boolean(),
});
export type User = z.infer<typeof userSchema>;

export const personOf = (user: User): Person => ({
  userId: user.userId,
  tenant: user.tenantId,
  roles: user.roles,
});

/** One address, one spelling: NFKC, trimmed, lower case. The unique guard is made of it. */
export const normalizeEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase();
