import type { DBCore, DBCoreTable } from 'dexie';
import type { RxStorage } from 'rxdb/plugins/core';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';

/** Fewer keys than this are asked for one by one. */
const few = 20;
/** How many keys of a store are read to learn which of `few` or more are there, for each that is asked for. */
const readPerKey = 10;

/** Where a device keeps its collections: IndexedDB. */
export const deviceStorage = (): RxStorage<unknown, unknown> =>
  getRxStorageDexie({
    onCreate: (db) => void db.use({ stack: 'dbcore', name: 'absent keys', create: withAbsentKeysAtOnce }),
  }) as unknown as RxStorage<unknown, unknown>;

/**
 * Before RxDB writes a batch of documents it asks three times whether they are there: one request of IndexedDB for
 * each document. On a first pull none is. One request for the keys between the smallest and the largest answers
 * that for a whole batch; only what is there is then read.
 */
export const withAbsentKeysAtOnce = (core: DBCore): DBCore => ({
  ...core,
  table: (name) => {
    const table = core.table(name);
    return { ...table, getMany: (request) => getMany(table, request) };
  },
});

const getMany = (table: DBCoreTable, request: Parameters<DBCoreTable['getMany']>[0]) => {
  const { keys, trans } = request;
  if (keys.length < few || !keys.every((key) => typeof key === 'string')) return table.getMany(request);
  const sorted = [...keys].sort();
  const limit = keys.length * readPerKey;
  const range = { type: rangeBetween, lower: sorted[0], upper: sorted.at(-1) };
  const index = table.schema.primaryKey;
  return table.query({ trans, values: false, limit, query: { index, range } }).then(({ result }) => {
    if (result.length >= limit) return table.getMany(request);
    const stored = new Set(result);
    const present = keys.filter((key) => stored.has(key));
    if (present.length === 0) return keys.map(() => undefined);
    return table.getMany({ ...request, keys: present }).then((values) => {
      const found = new Map(present.map((key, at) => [key, values[at]]));
      return keys.map((key) => found.get(key));
    });
  });
};

/** `DBCoreRangeType.Range`, which Dexie only has as a type. */
const rangeBetween = 2;
