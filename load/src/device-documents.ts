import type { BrowserContext, Page } from 'playwright-core';
import { until } from './demo.ts';

/** What a device's local databases hold, without disturbing what is measured: asked seldom, from open handles. */

interface Noted {
  /** `Date.now()` when documents were last stored. */
  storedAt?: number;
  opened?: Map<string, IDBDatabase>;
}

/** Before the first page is opened: has the page note when documents were stored. */
export const noteStores = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    const begin = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (...asked) {
      const transaction = begin.apply(this, asked);
      if (transaction.mode === 'readwrite' && /--(conv|msg|ref|board|cmd)$/.test(this.name))
        transaction.addEventListener('complete', () => ((window as unknown as Noted).storedAt = Date.now()));
      return transaction;
    };
  });

/** How many replicated documents the device holds, over all its local databases. */
export const countDocuments = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const opened = ((window as unknown as Noted).opened ??= new Map<string, IDBDatabase>());
    const answerOf = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(request.error?.message));
      });
    for (const { name } of await indexedDB.databases()) {
      if (!name || opened.has(name) || !/--(conv|msg|ref|board|cmd)$/.test(name)) continue;
      const database = await answerOf(indexedDB.open(name));
      database.onversionchange = () => (database.close(), opened.delete(name));
      if (database.objectStoreNames.contains('docs')) opened.set(name, database);
      else database.close();
    }
    const counts = [...opened.values()].map((database) =>
      answerOf(database.transaction('docs').objectStore('docs').count()),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  });

/** Resolves when the device holds that many documents. @returns `Date.now()` of when the last was stored. */
export async function whenStored(page: Page, documents: number): Promise<number> {
  await until(
    `the device holds ${documents} documents`,
    async () => (await countDocuments(page)) >= documents,
    {
      everyMs: 250,
    },
  );
  return page.evaluate(() => (window as unknown as Noted).storedAt!);
}
