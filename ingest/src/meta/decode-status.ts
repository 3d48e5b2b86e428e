import { reportedStatuses, type ReportedStatus } from '@recado/domain/conversation/delivery';
import type { DeliveryReport } from '@recado/domain/conversation/events';
import type { Alias } from '@recado/domain/contact/contact';
import type { Place } from './decode-message.ts';
import { compact, flag, isRecord, list, record, text, type Json } from './json-value.ts';
import { aliasesOf, partyOf } from './party.ts';
import { timestamp } from './timestamp.ts';
import type { Update } from './update.ts';

/** An entry of `statuses` under the field `messages` (calls have statuses of their own kind). */
export function decodeStatus(item: unknown, place: Place): Update {
  if (!isRecord(item)) return place.park('malformed', 'statuses', item);
  const providerId = text(item['id']);
  if (providerId === undefined) return place.park('no_message_id', 'statuses', item);
  if (item['recipient_type'] === 'group') return place.park('group', 'statuses', item);
  const status = reportedStatuses.find((known) => known === item['status']);
  // `warning`, `deleted` and what may come: nothing about delivery.
  if (status === undefined) return place.park('legacy_status', 'statuses', item);

  const { field, phoneNumberId, wabaId } = place;
  return compact({
    kind: 'status' as const,
    key: statusKey(providerId, status, item),
    field,
    phoneNumberId,
    wabaId,
    raw: place.rawWith('statuses', item),
    providerId,
    occurredAt: timestamp(item['timestamp']),
    aliases: recipientOf(item, place),
    status,
    opaque: text(item['biz_opaque_callback_data']),
    error: errorOf(item),
    pricing: pricingOf(item),
  });
}

const statusKey = (providerId: string, status: ReportedStatus, item: Json): string =>
  `status:${providerId}:${status}${item['pricing'] === undefined ? '' : ':priced'}`;

function recipientOf(item: Json, place: Place): Alias[] {
  const named = {
    phone: item['recipient_id'],
    userId: item['recipient_user_id'],
    parentUserId: item['recipient_parent_user_id'],
  };
  return partyOf(named, place.contacts)?.aliases ?? aliasesOf(named);
}

function errorOf(item: Json): DeliveryReport['error'] | undefined {
  const [error] = list(item['errors']).filter(isRecord);
  if (!error) return undefined;
  const detail =
    text(record(error['error_data'])['details']) ?? text(error['message']) ?? text(error['title']);
  return compact({ code: text(error['code']) ?? 'unknown', detail });
}

function pricingOf(item: Json): DeliveryReport['pricing'] | undefined {
  if (!isRecord(item['pricing'])) return undefined;
  const { billable, pricing_model, category, type } = item['pricing'];
  return compact({
    billable: flag(billable) ?? false,
    model: text(pricing_model),
    category: text(category),
    type: text(type),
  });
}
