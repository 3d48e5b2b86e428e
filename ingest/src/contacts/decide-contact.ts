import { sameAlias, type Alias, type ContactEvent, type ContactState } from '@recado/domain/contact/contact';
import { accept, type Outcome } from '@recado/domain/outcome';

export interface Sighting {
  contactId: string;
  name: string | null;
  aliases: readonly Alias[];
  /** Aliases of the same payload that another contact holds. */
  conflicts: readonly { alias: Alias; otherContactId: string }[];
}

/** The first events of a person nobody knows. */
export const newContact = ({ contactId, name, aliases }: Sighting): ContactEvent[] => [
  { type: 'ContactCreated', data: { contactId, name, aliases: [...aliases] } },
];

/** What seeing a person again tells about them. Nothing new appends nothing. */
export function decideSighting(state: ContactState, sighting: Sighting): Outcome<ContactEvent> {
  const { name, aliases, conflicts } = sighting;
  const events: ContactEvent[] = [];
  if (state.contactId === null) {
    events.push(...newContact(sighting));
  } else {
    const added = aliases.filter((alias) => !state.aliases.some((known) => sameAlias(known, alias)));
    events.push(...added.map((alias): ContactEvent => ({ type: 'AliasAdded', data: alias })));
    if (name !== null && name !== state.name) events.push({ type: 'ContactRenamed', data: { name } });
  }
  const isFlagged = (conflict: Sighting['conflicts'][number]): boolean =>
    state.conflicts.some(
      (known) => sameAlias(known.alias, conflict.alias) && known.otherContactId === conflict.otherContactId,
    );
  const flagged = conflicts.filter((conflict) => !isFlagged(conflict));
  events.push(...flagged.map((conflict): ContactEvent => ({ type: 'AliasConflictFlagged', data: conflict })));
  return accept(...events);
}
