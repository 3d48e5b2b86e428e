import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON; undefined when the answer has no body. */
  body: Json;
}

/** Answers are looked into freely by the cases, which is what they are for. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export interface TestDatabase {
  name: string;
  /** With credentials, as nano, PouchDB and couchbackup take them. */
  url: string;
  request(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answer>;
  get(path: string): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** A raw fetch of a path below the database, authorised. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
}

export interface CouchAccess {
  url: string;
  request(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answer>;
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** A name of this run's own; whatever is created under it is deleted at the end. */
  newName(): string;
  newDatabase(): Promise<TestDatabase>;
  database(name: string): TestDatabase;
  /** Authorised fetch of whole URLs, for libraries that take one. */
  authorised: typeof fetch;
}

/** Access to a CouchDB whose URL may hold credentials, which fetch refuses in URLs and gets in a header. */
export function couchAccess(urlWithCredentials: () => string): CouchAccess {
  const used = new Set<string>();
  const run = randomUUID().slice(0, 8);
  const parts = () => splitCredentials(urlWithCredentials());

  const authorised: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    const { authorization } = parts();
    if (authorization !== undefined) headers.set('authorization', authorization);
    return fetch(input, { ...init, headers });
  };

  async function request(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Answer> {
    const response = await authorised(parts().base + path, {
      method,
      ...(body === undefined
        ? {}
        : {
            body: typeof body === 'string' ? body : JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          }),
      ...init,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  function newName(): string {
    const name = `contract-${run}-${used.size}`;
    used.add(name);
    return name;
  }

  function database(name: string): TestDatabase {
    const below = (path: string) => `/${encodeURIComponent(name)}${path}`;
    const ask = (method: string, path: string, body?: unknown, init?: RequestInit) =>
      request(method, below(path), body, init);
    return {
      name,
      get url() {
        return `${urlWithCredentials().replace(/\/$/, '')}/${encodeURIComponent(name)}`;
      },
      request: ask,
      get: (path) => ask('GET', path),
      put: (path, body) => ask('PUT', path, body),
      post: (path, body) => ask('POST', path, body),
      delete: (path) => ask('DELETE', path),
      fetch: (path, init) => authorised(parts().base + below(path), init),
    };
  }

  afterAll(async () => {
    for (const name of used) await request('DELETE', `/${encodeURIComponent(name)}`);
  });

  return {
    get url() {
      return urlWithCredentials();
    },
    request,
    fetch: (path, init) => authorised(parts().base + path, init),
    newName,
    async newDatabase() {
      const name = newName();
      // One shard, so that the order of changes is the order of writes on a cluster too.
      const { status } = await request('PUT', `/${name}?q=1`);
      if (status !== 201) throw new Error(`Creating ${name} was answered ${status}`);
      return database(name);
    },
    database,
    authorised,
  };
}

function splitCredentials(url: string): { base: string; authorization: string | undefined } {
  const { origin, pathname, username, password } = new URL(url);
  const base = origin + pathname.replace(/\/$/, '');
  if (username === '') return { base, authorization: undefined };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Reads a continuous feed line by line; heartbeats come as empty lines. */
export async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
