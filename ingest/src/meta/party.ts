import type { Alias } from '@recado/domain/contact/contact';
import { e164, phoneVariants } from '../contacts/phone-variants.ts';
import { isRecord, record, text, type Json } from './json-value.ts';
import type { Party } from './update.ts';

/** The names that a message or status gives to the person. */
export interface Named {
  phone?: unknown;
  userId?: unknown;
  parentUserId?: unknown;
}

/**
 * The person behind an update: what the update itself says, joined to the entry of `contacts` that belongs to
 * it. An entry is taken only when it proves to be the same person: in a batch with several senders, joining by
 * position would give one customer the other's identity.
 *
 * null when there is nothing to know the person by.
 */
export function partyOf(named: Named, contacts: readonly unknown[]): Party | null {
  const candidates = contacts.filter(isRecord);
  const own = aliasesOf(named);
  const card =
    candidates.find((contact) =>
      aliasesOfContact(contact).some((alias) => own.some((mine) => isSame(mine, alias))),
    ) ?? (own.length === 0 && candidates.length === 1 ? candidates[0] : undefined);
  const profile = record(card?.['profile']);
  const username = text(profile['username']) ?? text(card?.['username']);
  const aliases = distinct([
    ...own,
    ...(card ? aliasesOfContact(card) : []),
    ...(username ? [{ scheme: 'wa_username' as const, value: username.slice(0, 160) }] : []),
  ]);
  const address = addressOf(aliases);
  return address && { aliases, name: text(profile['name'])?.slice(0, 200) ?? null, address };
}

/** Aliases without a card: what a status says of its recipient. */
export function aliasesOf({ phone, userId, parentUserId }: Named): Alias[] {
  return distinct([...phoneAliases(phone), ...bsuidAliases(userId), ...bsuidAliases(parentUserId)]);
}

export const aliasesOfContact = (contact: Json): Alias[] =>
  distinct([
    ...phoneAliases(contact['wa_id']),
    // In Brazil and Mexico what was dialled and what WhatsApp calls it may differ by a digit.
    ...phoneAliases(contact['input']),
    ...bsuidAliases(contact['user_id']),
    ...bsuidAliases(contact['parent_user_id']),
  ]);

function phoneAliases(value: unknown): Alias[] {
  const phone = e164(text(value) ?? '');
  return phone === null
    ? []
    : phoneVariants(phone).map((variant) => ({ scheme: 'wa_phone', value: variant }));
}

/** `CC.<id>`, and `CC.ENT.<id>` for the parent form. Not stricter than needed: an odd id is better than nobody. */
const idForm = /^[A-Za-z0-9._-]{1,160}$/;

function bsuidAliases(value: unknown): Alias[] {
  const id = text(value) ?? '';
  if (!idForm.test(id)) return [];
  return [{ scheme: id.includes('.ENT.') ? 'wa_parent_bsuid' : 'wa_bsuid', value: id }];
}

/** The phone as it was given comes before its other spelling; without a phone the business-scoped id. */
function addressOf(aliases: readonly Alias[]): Party['address'] | null {
  const alias =
    aliases.find(({ scheme }) => scheme === 'wa_phone') ??
    aliases.find(({ scheme }) => scheme === 'wa_bsuid');
  return alias ? { scheme: alias.scheme as Party['address']['scheme'], value: alias.value } : null;
}

const isSame = (a: Alias, b: Alias): boolean => a.scheme === b.scheme && a.value === b.value;

const distinct = (aliases: Alias[]): Alias[] =>
  aliases.filter((alias, index) => aliases.findIndex((other) => isSame(alias, other)) === index);
