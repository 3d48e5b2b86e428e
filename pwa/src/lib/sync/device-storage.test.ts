import { Dexie, type DBCoreGetManyRequest, type DBCoreQueryRequest } from 'dexie';
import fc from 'fast-check';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { expect, it } from 'vitest';
import { withAbsentKeysAtOnce } from './device-storage.ts';

/** A store with and one without; what the first asks of IndexedDB is counted. */
async function twoStores(ids: readonly string[]) {
  const indexedDB = new IDBFactory();
  const asked = { gets: 0, ranges: 0 };
  const open = async (name: string, faster: boolean) => {
    const db = new Dexie(name, { indexedDB, IDBKeyRange });
    if (faster) {
      db.use({
        stack: 'dbcore',
        level: -1,
        create: (core) => ({
          ...core,
          table: (tableName) => {
            const table = core.table(tableName);
            return {
              ...table,
              getMany: (request: DBCoreGetManyRequest) => (
                (asked.gets += request.keys.length),
                table.getMany(request)
              ),
              query: (request: DBCoreQueryRequest) => ((asked.ranges += 1), table.query(request)),
            };
          },
        }),
      });
      db.use({ stack: 'dbcore', create: withAbsentKeysAtOnce });
    }
    db.version(1).stores({ docs: 'id' });
    const docs = db.table('docs');
    await docs.bulkPut(ids.map((id) => ({ id, of: id })));
    asked.gets = asked.ranges = 0;
    return { db, docs };
  };
  const [plain, faster] = [await open('plain', false), await open('faster', true)];
  return {
    plain: plain.docs,
    faster: faster.docs,
    asked,
    close: () => (plain.db.close(), faster.db.close()),
  };
}
const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `msg.${String(from + n).padStart(6, '0')}`);

it('finds what is stored, each in its place, whatever is asked for', async () => {
  const id = fc.oneof(
    fc.constantFrom(...numbered(0, 60)),
    fc.string({ minLength: 1, maxLength: 5, unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(id, { maxLength: 80 }),
      fc.array(id, { maxLength: 80 }),
      async (stored, keys) => {
        const { plain, faster, close } = await twoStores(stored);
        expect(await faster.bulkGet(keys)).toEqual(await plain.bulkGet(keys));
        close();
      },
    ),
    { numRuns: 60 },
  );
});

it('asks once for a batch of which nothing is there', async () => {
  const { faster, asked, close } = await twoStores([...numbered(0, 300), ...numbered(5_000, 300)]);
  expect(await faster.bulkGet(numbered(1_000, 500))).toEqual(Array.from({ length: 500 }));
  expect(asked).toEqual({ gets: 0, ranges: 1 });
  close();
});

it('reads only what is there', async () => {
  const { faster, asked, close } = await twoStores(numbered(0, 30));
  const found = (await faster.bulkGet(numbered(20, 40))) as Array<{ id: string } | undefined>;
  expect(found.flatMap((doc) => doc?.id ?? [])).toEqual(numbered(20, 10));
  expect(asked).toEqual({ gets: 10, ranges: 1 });
  close();
});

it('asks for each when few are wanted, or when too much lies between them', async () => {
  const { faster, asked, close } = await twoStores(numbered(0, 400));
  await faster.bulkGet(numbered(390, 15));
  expect(asked).toEqual({ gets: 15, ranges: 0 });
  const scattered = [...numbered(0, 1), ...numbered(399, 30)];
  expect((await faster.bulkGet(scattered)).filter(Boolean)).toHaveLength(2);
  expect(asked).toEqual({ gets: 15 + 31, ranges: 1 });
  close();
});
