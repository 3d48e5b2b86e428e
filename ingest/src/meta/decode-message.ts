import type { Alias } from '@recado/domain/contact/contact';
import { compact, flag, isRecord, record, text, type Json } from './json-value.ts';
import { messageContent } from './message-content.ts';
import { aliasesOf, partyOf } from './party.ts';
import { timestamp } from './timestamp.ts';
import type { ParkReason, Party, Update } from './update.ts';

/** What every update of one change has in common. */
export interface Place {
  field: string;
  phoneNumberId: string | null;
  wabaId: string | null;
  contacts: readonly unknown[];
  /** The webhook body that holds `items` of this change alone. */
  rawWith(listName: string, item: unknown): unknown;
  park(reason: ParkReason, listName?: string, item?: unknown): Update;
}

const knownTypes = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'interactive',
  'button',
  'order',
  'reaction',
  'system',
  'edit',
  'revoke',
];

/** An entry of `messages` or `message_echoes`. */
export function decodeMessage(item: unknown, place: Place, listName: 'messages' | 'message_echoes'): Update {
  if (!isRecord(item)) return place.park('malformed', listName, item);
  const providerId = text(item['id']);
  if (providerId === undefined) return place.park('no_message_id', listName, item);
  if (text(item['group_id']) !== undefined) return place.park('group', listName, item);

  const echo = listName === 'message_echoes';
  const party = partyOf(echo ? recipient(item) : sender(item), place.contacts);
  if (!party) return place.park('no_party', listName, item);

  const { field, phoneNumberId, wabaId } = place;
  const origin = { field, phoneNumberId, wabaId, raw: place.rawWith(listName, item) };
  const from = { ...origin, party, providerId, occurredAt: timestamp(item['timestamp']) };
  const type = typeOf(item);

  if (type === 'reaction' || type === 'edit' || type === 'revoke') {
    const targetProviderId = text(
      record(item[type])[type === 'reaction' ? 'message_id' : 'original_message_id'],
    );
    if (targetProviderId === undefined) return place.park('no_target', listName, item);
    const mark = { ...from, key: `${type}:${providerId}`, targetProviderId };
    if (type === 'revoke') return { ...mark, kind: type };
    // Empty and absent both say: the reaction was taken back.
    if (type === 'reaction')
      return { ...mark, kind: type, emoji: text(record(item['reaction'])['emoji']) ?? null };
    const edited = record(record(item['edit'])['message']);
    return { ...mark, kind: type, content: messageContent(edited, typeOf(edited)) };
  }

  const context = record(item['context']);
  return compact({
    ...from,
    kind: echo ? ('echo' as const) : ('message' as const),
    key: `message:${providerId}`,
    content: messageContent(item, type),
    replyToProviderId: text(context['id']),
    forwarded: (flag(context['forwarded']) ?? flag(context['frequently_forwarded'])) || undefined,
    referral: isRecord(item['referral']) ? item['referral'] : undefined,
    newAliases: newAliasesOf(item, party),
  });
}

const sender = (item: Json) => ({
  phone: item['from'],
  userId: item['from_user_id'],
  parentUserId: item['from_parent_user_id'],
});

const recipient = (item: Json) => ({
  phone: item['to'],
  userId: item['to_user_id'],
  parentUserId: item['to_parent_user_id'],
});

/** Some payloads leave `type` out; then the part that is there names it. */
const typeOf = (item: Json): string =>
  text(item['type']) ?? knownTypes.find((type) => item[type] !== undefined) ?? 'unknown';

/** The person changed number or id: the new one is theirs too. */
function newAliasesOf(item: Json, party: Party): Alias[] | undefined {
  const system = record(item['system']);
  if (!text(system['type'])?.startsWith('user_changed_')) return undefined;
  const phone = text(system['new_wa_id']) ?? text(system['wa_id']);
  const userId = text(system['new_user_id']) ?? text(system['user_id']);
  const parentUserId = text(system['new_parent_user_id']) ?? text(system['parent_user_id']);
  const isKnown = (alias: Alias) =>
    party.aliases.some(({ scheme, value }) => scheme === alias.scheme && value === alias.value);
  const added = aliasesOf({ phone, userId, parentUserId }).filter((alias) => !isKnown(alias));
  return added.length > 0 ? added : undefined;
}
