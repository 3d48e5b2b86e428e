import type { Place } from './decode-message.ts';
import { isRecord, text } from './json-value.ts';
import { partyOf } from './party.ts';
import { timestamp } from './timestamp.ts';
import type { Update } from './update.ts';

/**
 * An entry of `calls`. A call that the customer makes opens or renews the 24-hour window as a message does, so
 * its beginning is kept as one; how it went on is parked until voice is ours to handle.
 */
export function decodeCall(item: unknown, place: Place): Update {
  if (!isRecord(item)) return place.park('malformed', 'calls', item);
  const callId = text(item['id']);
  if (callId === undefined) return place.park('no_message_id', 'calls', item);
  if (item['event'] !== 'connect' || item['direction'] !== 'USER_INITIATED')
    return place.park('call_event', 'calls', item);
  const party = partyOf({ phone: item['from'], userId: item['from_user_id'] }, place.contacts);
  if (!party) return place.park('no_party', 'calls', item);
  const { field, phoneNumberId, wabaId } = place;
  return {
    kind: 'message',
    key: `message:${callId}`,
    field,
    phoneNumberId,
    wabaId,
    raw: place.rawWith('calls', item),
    party,
    providerId: callId,
    occurredAt: timestamp(item['timestamp']),
    content: { kind: 'call', event: 'connect', direction: 'in' },
  };
}
