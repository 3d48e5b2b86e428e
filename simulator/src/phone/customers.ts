import { createHash } from 'node:crypto';
import { z } from 'zod';
import { digitsOf } from '../numbers.ts';

/** A person with WhatsApp on a phone. */
export type Customer = {
  /** Digits with country code: how the simulator names the customer, whether or not the business sees it. */
  phone: string;
  /** What Meta calls the number; in Brazil and Mexico it may differ by a digit. */
  waId: string;
  name: string;
  username?: string;
  /** Business-scoped user id. */
  userId: string;
  parentUserId?: string;
  /** The business sees no number of this customer, only the user id. */
  withoutPhone: boolean;
  /** Sends to this customer end in 131026. */
  unreachable: boolean;
  /** Reads what is delivered by themselves after this many ms; null: only when told. */
  readsAfterMs: number | null;
};

export const CustomerPatch = z
  .object({
    name: z.string().min(1).max(100),
    username: z.string().min(1).max(50),
    userId: z.string().regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/),
    parentUserId: z.string().regex(/^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/),
    waId: z.string().regex(/^\d{5,20}$/),
    withoutPhone: z.boolean(),
    unreachable: z.boolean(),
    readsAfterMs: z.number().min(0).nullable(),
  })
  .partial();
export type CustomerPatch = z.output<typeof CustomerPatch>;

const countries: [prefix: string, country: string][] = [
  ['55', 'BR'],
  ['52', 'MX'],
  ['54', 'AR'],
  ['56', 'CL'],
  ['57', 'CO'],
  ['51', 'PE'],
  ['34', 'ES'],
];

/** Stable for a number, so that a customer is the same person after a restart. */
const userIdOf = (phone: string): string => {
  const country = countries.find(([prefix]) => phone.startsWith(prefix))?.[1] ?? 'US';
  const digits = BigInt(
    `0x${createHash('sha256').update(`user ${phone}`).digest('hex').slice(0, 16)}`,
  ).toString();
  return `${country}.${digits}`;
};

/** What the business may call the customer by. */
export const visibleId = (customer: Customer): string =>
  customer.withoutPhone ? customer.userId : customer.waId;

export const isPhone = (phone: string): boolean => /^\d{5,20}$/.test(digitsOf(phone));

export const newCustomer = (phone: string): Customer => {
  const digits = digitsOf(phone);
  return {
    phone: digits,
    waId: digits,
    name: `+${digits}`,
    userId: userIdOf(digits),
    withoutPhone: false,
    unreachable: false,
    readsAfterMs: null,
  };
};
