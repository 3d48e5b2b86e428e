import { z } from 'zod';

/**
 * A person who writes to us. Found by aliases, never keyed by phone: a customer may come without a number,
 * change it, or be written with and without Brazil's ninth digit.
 */
export const aliasSchemes = ['wa_phone', 'wa_bsuid', 'wa_parent_bsuid', 'wa_lid', 'wa_username'] as const;
export const aliasSchema = z.object({ scheme: z.enum(aliasSchemes), value: z.string().min(1).max(160) });
export type Alias = z.infer<typeof aliasSchema>;

export const contactEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ContactCreated'),
    occurredAt: z.string().optional(),
    data: z.object({ contactId: z.string(), name: z.string().nullable(), aliases: z.array(aliasSchema) }),
  }),
  z.object({ type: z.literal('AliasAdded'), occurredAt: z.string().optional(), data: aliasSchema }),
  z.object({
    type: z.literal('ContactRenamed'),
    occurredAt: z.string().optional(),
    data: z.object({ name: z.string() }),
  }),
  /** Two aliases of one payload belong to different contacts: for a person to decide, never merged silently. */
  z.object({
    type: z.literal('AliasConflictFlagged'),
    occurredAt: z.string().optional(),
    data: z.object({ alias: aliasSchema, otherContactId: z.string() }),
  }),
]);
export type ContactEvent = z.infer<typeof contactEventSchema>;

export interface ContactState {
  contactId: string | null;
  name: string | null;
  aliases: Alias[];
  conflicts: { alias: Alias; otherContactId: string }[];
}

export const initialContact: ContactState = { contactId: null, name: null, aliases: [], conflicts: [] };

export const sameAlias = (a: Alias, b: Alias): boolean => a.scheme === b.scheme && a.value === b.value;

export function evolveContact(state: ContactState, event: ContactEvent): ContactState {
  switch (event.type) {
    case 'ContactCreated':
      return {
        ...state,
        contactId: event.data.contactId,
        name: event.data.name,
        aliases: event.data.aliases,
      };
    case 'AliasAdded':
      if (state.aliases.some((alias) => sameAlias(alias, event.data))) return state;
      return { ...state, aliases: [...state.aliases, event.data] };
    case 'ContactRenamed':
      return { ...state, name: event.data.name };
    case 'AliasConflictFlagged':
      return { ...state, conflicts: [...state.conflicts, event.data] };
  }
}
