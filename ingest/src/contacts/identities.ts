import type { Alias } from '@recado/domain/contact/contact';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import { StoreUnavailable } from '@recado/event-store/event-store';
import { gather } from './gather.ts';

/**
 * `identity:<scheme>:<value>` → contact id. One document per alias, whose id is the guard: whoever writes it first
 * decides whose it is, on any number of processes.
 */
export interface Identities {
  /** The contact of each alias, in order; null where nobody has claimed it. */
  find(aliases: readonly Alias[]): Promise<(string | null)[]>;
  /** Claims what is free for the contact; answers the contact that holds each alias now. Durable when resolved. */
  claim(aliases: readonly Alias[], contactId: string): Promise<string[]>;
  /** Gives aliases of `from` to `to`; for claims made by mistake, before anyone used them. */
  move(aliases: readonly Alias[], from: string, to: string): Promise<void>;
}

export const identityId = ({ scheme, value }: Alias): string => `identity:${scheme}:${value}`;

interface IdentityDocument {
  contactId: string;
}

export function createIdentities({ database }: { database: CouchDatabase }): Identities {
  const find = gather(async (aliases: Alias[]) => {
    const found = await database.getMany<IdentityDocument>(aliases.map(identityId));
    return found.map((doc) => doc?.contactId ?? null);
  });

  /** Whether each was free and is now claimed. */
  const put = gather(async (claims: { alias: Alias; contactId: string }[]) => {
    const rows = await database.bulk(
      claims.map(({ alias, contactId }) => ({ _id: identityId(alias), contactId })),
    );
    return rows.map(({ error }) => {
      if (error === undefined || error === 'conflict') return error === undefined;
      throw new StoreUnavailable(`identity not stored: ${error}`);
    });
  });

  return {
    find,
    async claim(aliases, contactId) {
      if (aliases.length === 0) return [];
      const claimed = await put(aliases.map((alias) => ({ alias, contactId })));
      if (claimed.every(Boolean)) return aliases.map(() => contactId);
      const holders = await find(aliases);
      return holders.map((holder) => {
        if (holder === null) throw new StoreUnavailable('an identity conflicted and is not there');
        return holder;
      });
    },
    async move(aliases, from, to) {
      const found = await database.getMany<IdentityDocument>(aliases.map(identityId));
      const mine = found.filter((doc) => doc?.contactId === from).filter((doc) => doc !== null);
      // A conflict here means that someone else moved it: the next look at the aliases sees where to.
      if (mine.length > 0) await database.bulk(mine.map(({ _id, _rev }) => ({ _id, _rev, contactId: to })));
    },
  };
}

/** Identities without a store, for tests. */
export function createMemoryIdentities(): Identities {
  const holders = new Map<string, string>();
  return {
    find: async (aliases) => aliases.map((alias) => holders.get(identityId(alias)) ?? null),
    async claim(aliases, contactId) {
      return aliases.map((alias) => {
        const id = identityId(alias);
        if (!holders.has(id)) holders.set(id, contactId);
        return holders.get(id) ?? contactId;
      });
    },
    async move(aliases, from, to) {
      for (const alias of aliases)
        if (holders.get(identityId(alias)) === from) holders.set(identityId(alias), to);
    },
  };
}
