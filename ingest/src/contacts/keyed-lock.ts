/**
 * One at a time for each key. Work that needs several keys waits for all that hold any of them; keys are taken in
 * one step, so two can never wait for each other.
 */
export type KeyedLock = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>;

export function createKeyedLock(): KeyedLock {
  const tails = new Map<string, Promise<unknown>>();
  return (keys, work) => {
    const before = keys.map((key) => tails.get(key)).filter((tail) => tail !== undefined);
    const mine = Promise.all(before).then(() => work());
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    for (const key of keys) tails.set(key, settled);
    void settled.then(() => {
      for (const key of keys) if (tails.get(key) === settled) tails.delete(key);
    });
    return mine;
  };
}
