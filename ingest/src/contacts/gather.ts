import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Requests that come in one turn of the event loop, or while one is under way, go together in the next: the store sees a few large requests instead of
 * many small ones, and nobody waits for a clock. A request that fails fails for all who were in it.
 */
export function gather<Item, Answer>(
  work: (items: Item[]) => Promise<Answer[]>,
): (items: readonly Item[]) => Promise<Answer[]> {
  interface Caller {
    items: readonly Item[];
    resolve: (answers: Answer[]) => void;
    reject: (error: unknown) => void;
  }
  let waiting: Caller[] = [];
  let working = false;

  const workOff = async (): Promise<void> => {
    working = true;
    while (waiting.length > 0) {
      await nextTurn();
      const callers = waiting;
      waiting = [];
      try {
        const answers = await work(callers.flatMap(({ items }) => items));
        let from = 0;
        for (const { items, resolve } of callers) resolve(answers.slice(from, (from += items.length)));
      } catch (error) {
        for (const { reject } of callers) reject(error);
      }
    }
    working = false;
  };

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject });
      if (!working) void workOff();
    });
}
