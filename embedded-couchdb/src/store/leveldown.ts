import { createRequire } from 'node:module';

/** The part of leveldown 6 that we use. It ships no types. */
export interface Level {
  open(options: object, callback: (error?: Error | null) => void): void;
  close(callback: (error?: Error | null) => void): void;
  get(
    key: string,
    options: { asBuffer: false },
    callback: (error: Error | null, value: string) => void,
  ): void;
  getMany(
    keys: string[],
    options: { asBuffer: false },
    callback: (error: Error | null, values: (string | undefined)[]) => void,
  ): void;
  batch(operations: Operation[], options: { sync: boolean }, callback: (error?: Error | null) => void): void;
  iterator(options: Range): LevelIterator;
  approximateSize(start: string, end: string, callback: (error: Error | null, size: number) => void): void;
  _get(
    key: string,
    options: { asBuffer: boolean },
    callback: (error: Error | null, value?: string) => void,
  ): void;
  _getMany(
    keys: string[],
    options: { asBuffer: false },
    callback: (error: Error | null, values: (string | undefined)[]) => void,
  ): void;
  _batch(operations: Operation[], options: object, callback: (error?: Error | null) => void): void;
}

export interface Operation {
  type: 'put' | 'del';
  key: string;
  value?: string;
}

export interface Range {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: boolean;
  values?: boolean;
  keyAsBuffer: false;
  valueAsBuffer: false;
}

interface LevelIterator {
  next(callback: (error: Error | null | undefined, key?: string, value?: string) => void): void;
  end(callback: (error?: Error | null) => void): void;
}

interface Leveldown {
  (location: string): Level;
  destroy: unknown;
}

const require = createRequire(import.meta.url);
export const leveldown = require('leveldown') as Leveldown;

/** The values of these keys, in their order; undefined where there is none. */
export function getMany(level: Level, keys: string[]): Promise<(string | undefined)[]> {
  if (keys.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    level.getMany(keys, { asBuffer: false }, (error, values) => (error ? reject(error) : resolve(values)));
  });
}

/** Writes all or nothing and answers once it is on the disk. */
export function writeDurably(level: Level, operations: Operation[]): Promise<void> {
  return new Promise((resolve, reject) => {
    level.batch(operations, { sync: true }, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Entries of a range, as they were when the iterator was made. The iterator's cache makes most steps
 * synchronous, so entries are handed on in groups rather than one promise each.
 */
export async function* entriesOf(
  level: Level,
  range: Omit<Range, 'keyAsBuffer' | 'valueAsBuffer'>,
  groupSize: number,
): AsyncGenerator<[string, string][]> {
  const iterator = level.iterator({ ...range, keyAsBuffer: false, valueAsBuffer: false });
  try {
    for (;;) {
      const group = await nextGroup(iterator, groupSize);
      if (group.length > 0) yield group;
      if (group.length < groupSize) return;
    }
  } finally {
    await new Promise<void>((resolve, reject) =>
      iterator.end((error) => (error ? reject(error) : resolve())),
    );
  }
}

function nextGroup(iterator: LevelIterator, size: number): Promise<[string, string][]> {
  return new Promise((resolve, reject) => {
    const group: [string, string][] = [];
    const step = (): void => {
      iterator.next((error, key, value) => {
        if (error) return reject(error);
        if (key === undefined) return resolve(group);
        group.push([key, value ?? '']);
        if (group.length >= size) return resolve(group);
        step();
      });
    };
    step();
  });
}
