/** Files that wait for their upload, kept in IndexedDB by the SHA-256 of their bytes. */
export interface FileStore {
  put(hash: string, file: Blob): Promise<void>;
  get(hash: string): Promise<Blob | undefined>;
  remove(hash: string): Promise<void>;
  /** Deletes everything; the store cannot be used afterwards. */
  destroy(): Promise<void>;
}

export function createFileStore(name: string): FileStore {
  let opened: Promise<IDBDatabase> | null = null;

  const open = (): Promise<IDBDatabase> =>
    (opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore('files');
      request.onsuccess = () => {
        // Another tab that logs out must be able to delete it.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => reject(request.error ?? new Error('files cannot be kept here'));
    }));

  async function inStore<T>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const transaction = (await open()).transaction('files', mode);
    const request = ask(transaction.objectStore('files'));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () =>
        reject(transaction.error ?? new Error('file not kept'));
    });
  }

  return {
    put: (hash, file) => inStore('readwrite', (store) => store.put(file, hash)).then(() => undefined),
    get: (hash) => inStore('readonly', (store) => store.get(hash) as IDBRequest<Blob | undefined>),
    remove: (hash) => inStore('readwrite', (store) => store.delete(hash)).then(() => undefined),
    async destroy() {
      if (opened) (await opened).close();
      await new Promise<void>((resolve) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = request.onerror = request.onblocked = () => resolve();
      });
    },
  };
}
