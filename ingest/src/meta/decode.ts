import { decodeCall } from './decode-call.ts';
import { decodeMessage, type Place } from './decode-message.ts';
import { decodeStatus } from './decode-status.ts';
import { isRecord, list, record, text, type Json } from './json-value.ts';
import type { ParkReason, Update } from './update.ts';

/**
 * A webhook body of Meta, taken apart. Pure, never throws, drops nothing: what is not understood becomes a
 * `parked` update that holds it whole.
 *
 *   {object, entry: [{id: WABA, changes: [{field, value: {metadata, contacts, messages | statuses | …}}]}]}
 *
 * `field` is read first: `calls` has `statuses` and `errors` too, and they are not those of messages.
 */
export function decode(body: unknown): Update[] {
  if (!isRecord(body)) return [parked(body, 'malformed')];
  if (body['object'] !== undefined && body['object'] !== 'whatsapp_business_account')
    return [parked(body, 'unknown_object')];
  const entries = list(body['entry']);
  if (entries.length === 0)
    return [parked(body, body['entry'] === undefined ? 'unknown_object' : 'malformed')];
  return entries.flatMap((entry) => {
    const changes = list(record(entry)['changes']);
    if (changes.length === 0) return [parked({ object: body['object'], entry: [entry] }, 'empty_change')];
    return changes.flatMap((change) => decodeChange(record(entry), change));
  });
}

/** What was signed and is no JSON, or JSON of no known shape. `raw` is kept as it is. */
export const parked = (raw: unknown, reason: ParkReason): Update => ({
  kind: 'parked',
  key: `parked:${reason}`,
  reason,
  field: 'none',
  phoneNumberId: null,
  wabaId: null,
  raw,
});

function decodeChange(entry: Json, change: unknown): Update[] {
  const value = record(record(change)['value']);
  const field = text(record(change)['field']) ?? fieldOf(value);
  const place = placeOf(entry, field, value);
  if (!isRecord(change) || !isRecord(change['value'])) return [place.park('malformed')];
  const updates = decoders[field]?.(value, place);
  if (!updates) return [place.park('unhandled_field')];
  if (updates.length > 0) return updates;
  return [place.park(value['errors'] === undefined ? 'empty_change' : 'provider_errors')];
}

const decoders: Record<string, (value: Json, place: Place) => Update[]> = {
  messages: (value, place) => [
    ...list(value['messages']).map((item) => decodeMessage(withErrors(item, value), place, 'messages')),
    ...list(value['statuses']).map((item) => decodeStatus(item, place)),
  ],
  smb_message_echoes: (value, place) =>
    list(value['message_echoes']).map((item) => decodeMessage(item, place, 'message_echoes')),
  calls: (value, place) => [
    ...list(value['calls']).map((item) => decodeCall(item, place)),
    ...list(value['statuses']).map((item) => place.park('call_event', 'statuses', item)),
  ],
};

/** Older relays leave `field` out. */
const fieldOf = (value: Json): string =>
  value['messages'] !== undefined || value['statuses'] !== undefined ? 'messages' : 'none';

/** What is wrong with a message may be told beside it; with a single message there is no doubt whose error it is. */
function withErrors(item: unknown, value: Json): unknown {
  const alone = list(value['messages']).length === 1;
  if (!alone || !isRecord(item) || item['errors'] !== undefined || value['errors'] === undefined) return item;
  return { ...item, errors: value['errors'] };
}

function placeOf(entry: Json, field: string, value: Json): Place {
  const phoneNumberId = text(record(value['metadata'])['phone_number_id']) ?? null;
  const wabaId = text(entry['id']) ?? null;
  const { messages: _m, statuses: _s, message_echoes: _e, calls: _c, ...shared } = value;
  const envelope = (content: Json): unknown => ({
    object: 'whatsapp_business_account',
    entry: [{ id: entry['id'], changes: [{ field, value: content }] }],
  });
  const rawWith = (listName: string, item: unknown) => envelope({ ...shared, [listName]: [item] });
  return {
    field,
    phoneNumberId,
    wabaId,
    contacts: list(value['contacts']),
    rawWith,
    park(reason, listName, item) {
      const raw = listName === undefined ? envelope(value) : rawWith(listName, item);
      return { kind: 'parked', key: `parked:${reason}`, reason, field, phoneNumberId, wabaId, raw };
    },
  };
}
