import type { BusinessNumber } from '../numbers.ts';
import { digitsOf } from '../numbers.ts';
import type { Customer } from '../phone/customers.ts';

/** One change of a webhook: what Meta puts under `entry[].changes[]`. */
export type Change = { field: string; value: Record<string, unknown> };

/** Meta sends seconds, as a string. */
export const seconds = (ms: number): string => String(Math.floor(ms / 1000));

export const envelope = (wabaId: string, changes: Change[]) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: wabaId, changes }],
});

const metadata = (number: BusinessNumber) => ({
  messaging_product: 'whatsapp',
  metadata: { display_phone_number: digitsOf(number.displayPhone), phone_number_id: number.phoneNumberId },
});

/** A customer with a username may hide the number: then `wa_id` and `from` are absent, not empty. */
const contact = (customer: Customer) => ({
  profile: { name: customer.name, ...(customer.username && { username: customer.username }) },
  ...(!customer.withoutPhone && { wa_id: customer.waId }),
  user_id: customer.userId,
  ...(customer.parentUserId && { parent_user_id: customer.parentUserId }),
});

export const messageChange = (
  number: BusinessNumber,
  customer: Customer,
  message: Record<string, unknown>,
): Change => ({
  field: 'messages',
  value: {
    ...metadata(number),
    contacts: [contact(customer)],
    messages: [
      {
        ...(!customer.withoutPhone && { from: customer.waId }),
        from_user_id: customer.userId,
        ...(customer.parentUserId && { from_parent_user_id: customer.parentUserId }),
        ...message,
      },
    ],
  },
});

export type StatusReport = {
  id: string;
  status: 'sent' | 'delivered' | 'read' | 'played' | 'failed';
  at: number;
  opaque?: string;
  category?: string;
  errors?: object[];
};

/** Free-form messages inside the window are charged too from here on. */
const everythingIsCharged = Date.UTC(2026, 9, 1);

const pricing = (report: StatusReport) => {
  const category = report.category ?? 'service';
  const billable = category !== 'service' || report.at >= everythingIsCharged;
  return { billable, pricing_model: 'PMP', category, type: billable ? 'regular' : 'free_customer_service' };
};

export const statusChange = (number: BusinessNumber, customer: Customer, report: StatusReport): Change => ({
  field: 'messages',
  value: {
    ...metadata(number),
    // Failed statuses come without contacts.
    ...(report.status !== 'failed' && { contacts: [contact(customer)] }),
    statuses: [
      {
        id: report.id,
        status: report.status,
        timestamp: seconds(report.at),
        ...(!customer.withoutPhone && { recipient_id: customer.waId }),
        recipient_user_id: customer.userId,
        ...(report.opaque !== undefined && { biz_opaque_callback_data: report.opaque }),
        ...(report.status === 'failed' ? { errors: report.errors } : { pricing: pricing(report) }),
      },
    ],
  },
});

export const templateStatusChange = (template: {
  id: string;
  name: string;
  language: string;
  status: string;
}): Change => ({
  field: 'message_template_status_update',
  value: {
    event: template.status,
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
    reason: 'NONE',
  },
});
