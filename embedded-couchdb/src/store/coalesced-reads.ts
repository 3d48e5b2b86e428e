import type { Level } from './leveldown.ts';

/**
 * PouchDB looks each document of a bulk up by itself, and each look-up is a trip to leveldown's thread pool.
 * It starts them all in one turn of the event loop, so those of one turn are read in one trip.
 */
export function coalesceReads(level: Level): void {
  type Callback = (error: Error | null, value?: string) => void;
  const readAlone = level._get.bind(level);
  let waiting: { key: string; callback: Callback }[] = [];

  function readTogether(): void {
    const reads = waiting;
    waiting = [];
    const [only] = reads;
    if (reads.length === 1 && only) return readAlone(only.key, { asBuffer: false }, only.callback);
    level._getMany(
      reads.map(({ key }) => key),
      { asBuffer: false },
      (error, values) => {
        reads.forEach(({ key, callback }, index) => {
          if (error) return callback(error);
          const value = values[index];
          if (value === undefined) callback(new Error(`NotFound: ${key}`));
          else callback(null, value);
        });
      },
    );
  }

  level._get = (key, options, callback) => {
    if (options.asBuffer) return readAlone(key, options, callback);
    if (waiting.push({ key, callback }) === 1) process.nextTick(readTogether);
  };
}
