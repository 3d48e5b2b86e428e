/** Locks that all tabs of the device share; a tab that dies lets go of its own. */
export interface Locks {
  /** Runs while no other tab holds the name in any way. Past `patience` (ms) it runs anyway. */
  alone<T>(
    name: string,
    work: () => Promise<T>,
    limits?: { patience?: number; signal?: AbortSignal },
  ): Promise<T>;
  /** Held together with other tabs that share it, until let go. */
  share(name: string): Promise<() => void>;
}

/** Web Locks. Browsers without them, and pages without TLS, have none: there the tabs are not kept apart. */
export function createLocks(manager: LockManager | undefined): Locks {
  if (!manager) return { alone: (_name, work) => work(), share: () => Promise.resolve(() => undefined) };
  return {
    async alone(name, work, { patience, signal } = {}) {
      const ends = [...(signal ? [signal] : []), ...(patience ? [AbortSignal.timeout(patience)] : [])];
      let begun = false;
      try {
        return await manager.request(
          name,
          ends.length > 0 ? { signal: AbortSignal.any(ends) } : {},
          () => ((begun = true), work()),
        );
      } catch (error) {
        if (begun || signal?.aborted || !ends.some(({ aborted }) => aborted)) throw error;
        return work();
      }
    },
    share: (name) =>
      new Promise((resolve, reject) => {
        manager
          .request(name, { mode: 'shared' }, () => new Promise<void>((letGo) => resolve(letGo)))
          .catch(reject);
      }),
  };
}
