/**
 * Something that is opened when first used, may be closed at any time, and is opened again when used again.
 * Closing waits for those who use it; whoever comes meanwhile waits for the close and gets a fresh one.
 */
export interface Reopenable<T> {
  use<R>(work: (opened: T) => Promise<R>): Promise<R>;
  close(): Promise<void>;
  readonly isOpen: boolean;
  readonly users: number;
}

export function createReopenable<T>(deps: {
  open: () => Promise<T>;
  close: (opened: T) => Promise<void>;
}): Reopenable<T> {
  interface Session {
    opened: Promise<T>;
    users: number;
    onUnused: (() => void) | undefined;
  }
  let session: Session | undefined;
  let closing: Promise<void> = Promise.resolve();

  function begin(): Session {
    const begun: Session = { opened: closing.then(deps.open), users: 0, onUnused: undefined };
    begun.opened.catch(() => {
      if (session === begun) session = undefined;
    });
    return begun;
  }

  async function closeSession(ended: Session): Promise<void> {
    if (ended.users > 0) await new Promise<void>((resolve) => (ended.onUnused = resolve));
    // An opening that failed was already told to its users, and leaves nothing to close.
    const opened = await ended.opened.catch(() => undefined);
    if (opened !== undefined) await deps.close(opened);
  }

  return {
    async use(work) {
      const mine = (session ??= begin());
      mine.users += 1;
      try {
        return await work(await mine.opened);
      } finally {
        mine.users -= 1;
        if (mine.users === 0) mine.onUnused?.();
      }
    },
    close() {
      if (session) {
        const ended = session;
        session = undefined;
        const closed = closing.then(() => closeSession(ended));
        // Those who reopen wait for the close, whether or not it went well; the caller hears how it went.
        closing = closed.catch(() => undefined);
        return closed;
      }
      return closing;
    },
    get isOpen() {
      return session !== undefined;
    },
    get users() {
      return session?.users ?? 0;
    },
  };
}
