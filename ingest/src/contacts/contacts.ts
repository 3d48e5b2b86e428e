import { emptyHead } from '@recado/domain/commit/chain';
import type { Actor, Cause } from '@recado/domain/commit/commit';
import { contactStream } from '@recado/domain/commit/stream-id';
import {
  evolveContact,
  initialContact,
  type Alias,
  type ContactEvent,
  type ContactState,
} from '@recado/domain/contact/contact';
import type { EventStore } from '@recado/event-store/event-store';
import { createAggregate } from '@recado/event-store/handle-command';
import { LRUCache } from 'lru-cache';
import { decideSighting, newContact, type Sighting } from './decide-contact.ts';
import { identityId, type Identities } from './identities.ts';
import { createKeyedLock } from './keyed-lock.ts';

/**
 * Who wrote: the contact behind the aliases of one payload, made if there is none.
 *
 *   find identities ─► (some known: that contact │ none: a new id) ─► claim the free ones ─► contact stream
 *
 * Invariants
 * - An alias belongs to one contact; the identity document decides, also between processes.
 * - The contact's stream is written before the answer is given or cached: a crash in between leaves identities
 *   whose contact has no stream, and the next sighting writes it.
 * - What `beside` does for a new contact may be stored even so, and is then found by the next sighting.
 * - Two contacts are never merged here: the conflict is written down for a person to decide.
 */
export interface Contacts {
  resolve(sighting: {
    aliases: readonly Alias[];
    name: string | null;
    cause: Cause;
    /** Done for a new contact while its stream is written, so that both go to the store together. */
    beside?: (contactId: string) => Promise<void>;
  }): Promise<ResolvedContact>;
  /** The contact of the first alias that anyone holds, or null. Makes nothing. */
  find(aliases: readonly Alias[]): Promise<string | null>;
}

export interface ResolvedContact {
  contactId: string;
  /** True when this call made the contact: it cannot have had a conversation before. */
  isNew: boolean;
}

export interface ContactsDeps {
  store: EventStore;
  identities: Identities;
  now: () => string;
  /** A new contact id: a segment of stream ids. */
  newId: () => string;
  cacheSize?: number;
}

/** A business-scoped id is the person's own; a phone number can pass to someone else. */
const strength: Alias['scheme'][] = ['wa_bsuid', 'wa_phone', 'wa_lid', 'wa_parent_bsuid'];
/** A username can be given up and taken by another person: it describes, it does not identify. */
const identifies = ({ scheme }: Alias): boolean => strength.includes(scheme);
const strongestFirst = (a: Alias, b: Alias): number =>
  strength.indexOf(a.scheme) - strength.indexOf(b.scheme);

const actor: Actor = { kind: 'system', id: 'contacts' };

export function createContacts(deps: ContactsDeps): Contacts {
  const { store, identities, now, newId, cacheSize = 20_000 } = deps;
  const contacts = createAggregate<ContactState, ContactEvent>({
    store,
    fold: { initial: initialContact, evolve: evolveContact },
    now,
    cacheSize,
  });
  const cache = new LRUCache<string, { contactId: string; name: string | null }>({ max: cacheSize * 2 });
  const lock = createKeyedLock();

  const cached = (aliases: readonly Alias[], name: string | null): string | null => {
    const known = aliases.map((alias) => cache.get(identityId(alias)));
    const first = known[0];
    if (!first || (name !== null && first.name !== name)) return null;
    return known.every((entry) => entry?.contactId === first.contactId) ? first.contactId : null;
  };

  const resolveInStore = async (
    aliases: readonly Alias[],
    name: string | null,
    cause: Cause,
    beside?: (contactId: string) => Promise<void>,
  ): Promise<ResolvedContact> => {
    const keys = aliases.filter(identifies).sort(strongestFirst);
    // Who is known by one name alone is found by claiming it: that is one answer to wait for instead of two. Names
    // that may be two people's are never claimed unseen.
    const found = keys.length === 1 ? [null] : await identities.find(keys);
    const known = found.find((contactId) => contactId !== null);
    const wanted = known ?? newId();
    const free = keys.filter((_, index) => found[index] === null);
    const claimed = await identities.claim(free, wanted);
    const holders = keys.map((alias, index) => found[index] ?? claimed[free.indexOf(alias)] ?? wanted);
    // Another process met this person at the same moment: the strongest alias decides, for both alike.
    const contactId = known ?? holders[0] ?? wanted;
    if (contactId !== wanted) {
      const mine = keys.filter((_, index) => holders[index] === wanted);
      await identities.move(mine, wanted, contactId);
      mine.forEach((alias) => (holders[keys.indexOf(alias)] = contactId));
    }
    const conflicts = keys.flatMap((alias, index) => {
      const otherContactId = holders[index] ?? contactId;
      return otherContactId === contactId ? [] : [{ alias, otherContactId }];
    });
    const own = aliases.filter((alias) => !conflicts.some((conflict) => conflict.alias === alias));
    const isNew = known === undefined && contactId === wanted;
    await Promise.all([
      see({ contactId, name, aliases: own, conflicts }, cause, isNew),
      isNew ? beside?.(contactId) : undefined,
    ]);
    return { contactId, isNew };
  };

  const see = async (sighting: Sighting, cause: Cause, isNew: boolean): Promise<void> => {
    const { contactId, name, aliases } = sighting;
    const stream = contactStream(contactId);
    // A new id has no stream: one read less for each customer who writes for the first time.
    const { state } = isNew
      ? await contacts.catchUp(
          await store.append({
            stream,
            head: emptyHead,
            at: now(),
            actor,
            cause,
            events: newContact(sighting),
          }),
        )
      : await contacts.handle({ stream, actor, cause, decide: (known) => decideSighting(known, sighting) });
    for (const alias of aliases) cache.set(identityId(alias), { contactId, name: name ?? state.name });
  };

  return {
    async resolve({ aliases, name, cause, beside }) {
      const known = cached(aliases, name);
      if (known !== null) return { contactId: known, isNew: false };
      return lock(aliases.map(identityId), async () => {
        const meanwhile = cached(aliases, name);
        return meanwhile === null
          ? resolveInStore(aliases, name, cause, beside)
          : { contactId: meanwhile, isNew: false };
      });
    },
    async find(aliases) {
      const keys = aliases.filter(identifies).sort(strongestFirst);
      for (const alias of keys) {
        const entry = cache.get(identityId(alias));
        if (entry) return entry.contactId;
      }
      const found = keys.length === 0 ? [] : await identities.find(keys);
      return found.find((contactId) => contactId !== null) ?? null;
    },
  };
}
