import { z } from 'zod';

/** The stream `access.<userId>`: who came in and went, for the auditor. Addresses are of the network, not post. */
export const accessEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('LoggedIn'),
    occurredAt: z.string().optional(),
    data: z.object({ userId: z.string(), address: z.string(), userAgent: z.string() }),
  }),
  z.object({
    type: z.literal('LoginRefused'),
    occurredAt: z.string().optional(),
    data: z.object({ userId: z.string(), address: z.string(), reason: z.enum(['password', 'disabled']) }),
  }),
  z.object({
    type: z.literal('LoggedOut'),
    occurredAt: z.string().optional(),
    data: z.object({ userId: z.string(), address: z.string() }),
  }),
]);
export type AccessEvent = z.infer<typeof accessEventSchema>;
