import type { Connection } from './connection.ts';
import { createSharedFeed, type Changes, type Sequence } from './shared-feed.ts';

/**
 * The `fetch` that RxDB's CouchDB replication is given. It closes what that plugin leaves open:
 *
 * - `since=now` of the first long poll becomes the sequence at which the pull ended. With `now`, what is written
 *   while that poll is down would never be pulled.
 * - Long polls are answered from the one shared feed.
 * - `keys=[…]` is sent encoded; every request names the mailbox epoch, so that a rebuilt mailbox answers 410
 *   instead of nothing.
 * - Statuses, back-off and the end of all requests: `connection.ts`.
 */
export interface SyncFetchDeps {
  connection: Connection;
  /** Absolute address of the gateway, e.g. `https://host/sync`. */
  base: string;
  epoch: number;
}

/** The server answers an idle poll after this long, ms; a dead connection is noticed soon after. */
const pollTimeout = 25_000;

export function createSyncFetch({ connection, base, epoch }: SyncFetchDeps): typeof globalThis.fetch {
  const pullEnds = new Map<string, Promise<Sequence>>();
  const endOfPull = new Map<string, (sequence: Sequence) => void>();

  const feed = createSharedFeed({
    ended: connection.ended,
    poll: (since) =>
      connection.request(
        'feed',
        address('feed/_changes', {
          feed: 'longpoll',
          include_docs: 'true',
          since,
          limit: 1_000,
          timeout: pollTimeout,
        }),
      ) as Promise<Changes>,
    catchUp: (collection, since, limit) =>
      connection.request(
        'work',
        address(`${collection}/_changes`, { feed: 'normal', include_docs: 'true', since, limit }),
      ) as Promise<Changes>,
  });

  function address(path: string, parameters: Record<string, string | number>): string {
    const url = new URL(`${base}/${path}`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    url.searchParams.set('epoch', String(epoch));
    return url.href;
  }

  function pullEnd(collection: string): Promise<Sequence> {
    let promise = pullEnds.get(collection);
    if (!promise) {
      promise = new Promise((resolve) => endOfPull.set(collection, resolve));
      pullEnds.set(collection, promise);
    }
    return promise;
  }

  function noteEndOfPull(collection: string, sequence: Sequence): void {
    endOfPull.get(collection)?.(sequence);
    pullEnds.set(collection, Promise.resolve(sequence));
  }

  async function answer(input: string, init?: RequestInit): Promise<unknown> {
    const { path, collection, parameters } = parse(input, base);
    const limit = Number(parameters.limit ?? 100);
    if (parameters.feed === 'longpoll') {
      const since = parameters.since === 'now' ? await untilEnded(pullEnd(collection)) : parameters.since!;
      return feed.next(collection, since, limit);
    }
    const body = await connection.request('work', address(path, parameters), init);
    if (path.endsWith('/_changes')) {
      const changes = body as Changes;
      if (changes.results.length < limit) noteEndOfPull(collection, changes.last_seq);
    }
    return body;
  }

  const untilEnded = <T>(promise: Promise<T>): Promise<T> =>
    Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        connection.ended.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      }),
    ]);

  // RxDB reads nothing of a response but its JSON; building a Response would serialise every batch twice.
  return async (input, init) => {
    const body = await answer(String(input), init);
    return { ok: true, status: 200, json: () => Promise.resolve(body) } as Response;
  };
}

interface Parsed {
  path: string;
  collection: string;
  parameters: Record<string, string>;
}

/** RxDB writes `keys=[…]` last and unencoded: it is taken as it stands, whatever it holds. */
function parse(input: string, base: string): Parsed {
  const [address, query = ''] = splitOnce(input, '?');
  const path = address.slice(address.indexOf(base) + base.length + 1);
  const [plain, keys] = splitOnce(query, 'keys=');
  const parameters = Object.fromEntries(new URLSearchParams(plain));
  if (keys !== undefined) parameters.keys = keys;
  return { path, collection: path.split('/')[0]!, parameters };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
