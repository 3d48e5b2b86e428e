/**
 * Many may pass together, or one alone. Whoever wants to be alone waits for those inside, and newcomers wait
 * for whoever came before them.
 */
export interface Turnstile {
  together<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurnstile(): Turnstile {
  let lastAlone: Promise<unknown> = Promise.resolve();
  let inside: Promise<unknown>[] = [];

  return {
    together(work) {
      const done = lastAlone.then(work);
      const settled = done
        .catch(() => undefined)
        .then(() => {
          inside = inside.filter((one) => one !== settled);
        });
      inside.push(settled);
      return done;
    },
    alone(work) {
      const done = Promise.all([lastAlone, ...inside]).then(work);
      lastAlone = done.catch(() => undefined);
      return done;
    },
  };
}
