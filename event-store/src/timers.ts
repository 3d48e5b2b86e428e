import type { BulkRow, CouchDatabase, Stored } from './couch/database.ts';
import { DocumentConflict } from './couch/faults.ts';
import { StoreUnavailable } from './event-store.ts';
import type { Timer, Timers } from './ports.ts';

/** `key.<key>`: when the key is due. It is the truth; a due document that disagrees with it is a leftover. */
interface KeyDocument {
  due: string;
}
/** `timer.<due>.<key>`: found by time. */
interface DueDocument {
  key: string;
  due: string;
  data: Record<string, unknown>;
}

const keyId = (key: string): string => `key.${key}`;
const dueId = (due: string, key: string): string => `timer.${due}.${key}`;

/**
 * Durable timers. Setting writes the key's document first and the due document after it: so a due document
 * without its key's agreement was never the latest word, and may be cleared away by whoever meets it.
 */
export function createTimers({ database }: { database: CouchDatabase }): Timers {
  const readKey = (key: string) => database.getOrNull<KeyDocument>(keyId(key));

  const removeAll = async (docs: readonly { _id: string; _rev: string }[]): Promise<BulkRow[]> =>
    docs.length === 0 ? [] : database.bulk(docs.map(({ _id, _rev }) => ({ _id, _rev, _deleted: true })));

  const set = async (timer: Timer): Promise<void> => {
    const { key, due, data } = timer;
    for (;;) {
      const known = await readKey(key);
      const wanted = dueId(due, key);
      const former = known && known.due !== due ? dueId(known.due, key) : null;
      const [atDue, atFormer] = await database.getMany<DueDocument>(former ? [wanted, former] : [wanted]);
      try {
        await database.put<KeyDocument>({ _id: keyId(key), _rev: known?._rev, due });
      } catch (error) {
        if (error instanceof DocumentConflict) continue;
        throw error;
      }
      const dueDocument = { _id: wanted, _rev: atDue?._rev, key, due, data };
      const [row] = await database.bulk<object>([
        dueDocument,
        ...(atFormer ? [{ _id: atFormer._id, _rev: atFormer._rev, _deleted: true }] : []),
      ]);
      if (row?.error === undefined) return;
      if (row.error !== 'conflict')
        throw new StoreUnavailable(`timer ${key}: ${row.error} ${row.reason ?? ''}`);
    }
  };

  const cancel = async (key: string): Promise<void> => {
    for (;;) {
      const known = await readKey(key);
      if (!known) return;
      const [atDue] = await database.getMany<DueDocument>([dueId(known.due, key)]);
      try {
        await database.remove({ id: known._id, rev: known._rev });
      } catch (error) {
        if (error instanceof DocumentConflict) continue;
        throw error;
      }
      await removeAll(atDue ? [atDue] : []);
      return;
    }
  };

  const due = async (now: string, limit = 100): Promise<Timer[]> => {
    for (;;) {
      // By bytes '/' follows '.', so the range holds every key due at `now` or before.
      const docs = await database.allDocs<DueDocument>({
        startKey: 'timer.',
        endKey: `timer.${now}/`,
        limit,
      });
      const keys = await database.getMany<KeyDocument>(docs.map((doc) => keyId(doc.key)));
      const timers: Timer[] = [];
      const leftovers: Stored<DueDocument>[] = [];
      docs.forEach((doc, index) => {
        const known = keys[index];
        if (known?.due === doc.due) timers.push(toTimer(doc, known._rev));
        else leftovers.push(doc);
      });
      await removeAll(leftovers);
      if (timers.length > 0 || docs.length < limit) return timers;
    }
  };

  const done = async (timer: Timer): Promise<void> => {
    const revisions = timer.setting?.split(' ') ?? [];
    const [keyRevision, dueRevision] = revisions;
    if (!keyRevision || !dueRevision) throw new TypeError('done() is given a timer that due() has given');
    try {
      await database.remove({ id: keyId(timer.key), rev: keyRevision });
    } catch (error) {
      if (error instanceof DocumentConflict) return;
      throw error;
    }
    await removeAll([{ _id: dueId(timer.due, timer.key), _rev: dueRevision }]);
  };

  return { set, cancel, due, done };
}

const toTimer = ({ _rev, key, due, data }: Stored<DueDocument>, keyRevision: string): Timer => ({
  key,
  due,
  data,
  setting: `${keyRevision} ${_rev}`,
});

/** Timers without a store, for tests. */
export function createMemoryTimers(): Timers {
  const byKey = new Map<string, Timer>();
  let settings = 0;
  return {
    async set({ key, due, data }) {
      byKey.set(key, { key, due, data: structuredClone(data), setting: String(++settings) });
    },
    async cancel(key) {
      byKey.delete(key);
    },
    async due(now, limit = 100) {
      const reached = [...byKey.values()].filter((timer) => timer.due <= now);
      const order = (a: Timer, b: Timer) => (dueId(a.due, a.key) < dueId(b.due, b.key) ? -1 : 1);
      return reached
        .sort(order)
        .slice(0, limit)
        .map((timer) => structuredClone(timer));
    },
    async done(timer) {
      if (byKey.get(timer.key)?.setting === timer.setting) byKey.delete(timer.key);
    },
  };
}
