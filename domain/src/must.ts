/** A broken promise of our own code: ends the unit of work and is logged with its cause. Never caught to go on. */
export class Defect extends Error {
  override name = 'Defect';
}

export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Defect(`expected ${what}`);
  return value;
}

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Defect(what);
}

/** For the last branch of a switch over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Defect(`unreachable: ${JSON.stringify(value)}`);
}
