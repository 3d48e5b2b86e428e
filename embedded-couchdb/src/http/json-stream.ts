import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

const flushAt = 64 * 1024;

/** Writes a long JSON answer piece by piece, at the pace at which the client reads it. */
export interface JsonStream {
  write(text: string): void;
  /** Sends what has gathered and waits while the client is behind. */
  flush(): Promise<void>;
  /** As flush, but only if a fair amount has gathered. */
  flushIfLarge(): Promise<void>;
  end(text: string): void;
}

export function createJsonStream(response: ServerResponse): JsonStream {
  let pending = '';
  // Sent with what is sent first: an answer that is then there as a whole has a length and needs no chunks.
  response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'must-revalidate');

  async function flush(): Promise<void> {
    if (response.destroyed) throw new ClientGone();
    if (pending === '') {
      response.flushHeaders();
      return;
    }
    const text = pending;
    pending = '';
    if (response.write(text)) return;
    const gone = new AbortController();
    const onClose = (): void => gone.abort(new ClientGone());
    response.once('close', onClose);
    try {
      await once(response, 'drain', { signal: gone.signal });
    } catch {
      throw new ClientGone();
    } finally {
      response.off('close', onClose);
    }
  }

  return {
    write(text) {
      pending += text;
    },
    flush,
    flushIfLarge: () => (pending.length >= flushAt ? flush() : Promise.resolve()),
    end(text) {
      response.end(pending + text);
      pending = '';
    },
  };
}

/** The client has closed its connection: nobody is left to answer. */
export class ClientGone extends Error {
  constructor() {
    super('The client closed the connection.');
    this.name = 'ClientGone';
  }
}
