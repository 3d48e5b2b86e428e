/**
 * A replication gateway in memory, for tests: what RxDB's plugin and the shared feed ask of CouchDB's API, over
 * one sequence for all collections. `answer` is called with each pushed command, as the server's decider.
 */
export interface Stored {
  seq: number;
  rev: number;
  deleted: boolean;
  doc: Record<string, unknown> & { _id: string };
}
export interface GatewayRequest {
  method: string;
  /** Path below `/sync/` with its query. */
  path: string;
  body?: unknown;
  signal?: AbortSignal;
}
export interface GatewayAnswer {
  status: number;
  body: unknown;
}
export type FakeGateway = ReturnType<typeof createFakeGateway>;

export function createFakeGateway({
  epoch = 1,
  onCommand,
}: { epoch?: number; onCommand?: (command: Record<string, unknown> & { _id: string }) => void } = {}) {
  const documents = new Map<string, Stored>();
  const state = { epoch, seq: 0, signedIn: true, polls: 0, maxOpen: 0, open: 0 };
  const pollers = new Set<() => void>();
  const pushed: string[] = [];

  function put(doc: Record<string, unknown> & { id: string }, deleted = false): void {
    const { id, ...rest } = doc;
    const rev = (documents.get(id)?.rev ?? 0) + 1;
    state.seq += 1;
    documents.set(id, { seq: state.seq, rev, deleted, doc: { ...rest, _id: id } });
    for (const wake of [...pollers]) wake();
  }
  const remove = (id: string): void => {
    const { _id, ...rest } = documents.get(id)!.doc;
    put({ id: _id, ...rest }, true);
  };
  const get = (id: string): Record<string, unknown> | undefined => {
    const stored = documents.get(id);
    return stored?.deleted ? undefined : stored?.doc;
  };

  const shown = ({ rev, deleted, doc }: Stored) => ({
    ...doc,
    _rev: `${rev}-x`,
    ...(deleted ? { _deleted: true } : {}),
  });
  const owns = (collection: string, id: string): boolean =>
    collection === 'feed' || id.startsWith(`${collection}.`);

  function changes(collection: string, since: number, limit: number) {
    const rows = [...documents.values()]
      .filter((stored) => stored.seq > since && owns(collection, stored.doc._id))
      .sort((a, b) => a.seq - b.seq);
    const page = rows.slice(0, limit);
    return {
      results: page.map((stored) => ({
        id: stored.doc._id,
        seq: stored.seq,
        changes: [{ rev: `${stored.rev}-x` }],
        deleted: stored.deleted || undefined,
        doc: shown(stored),
      })),
      last_seq: page.length < rows.length ? page.at(-1)!.seq : state.seq,
    };
  }

  async function longpoll(
    collection: string,
    since: number,
    limit: number,
    timeout: number,
    signal?: AbortSignal,
  ) {
    state.polls += 1;
    const until = Date.now() + timeout;
    for (;;) {
      const found = changes(collection, since, limit);
      if (found.results.length > 0 || Date.now() >= until || signal?.aborted) return found;
      await new Promise<void>((resolve) => {
        const done = () => {
          pollers.delete(done);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, until - Date.now());
        pollers.add(done);
        signal?.addEventListener('abort', done, { once: true });
      });
    }
  }

  const row = (key: string) => {
    const stored = documents.get(key);
    return stored
      ? { id: key, key, value: { rev: `${stored.rev}-x` }, doc: shown(stored) }
      : { key, error: 'not_found' };
  };

  function bulkDocs(docs: Array<Record<string, unknown> & { _id: string; _rev?: string }>) {
    return docs.map((doc) => {
      if (documents.has(doc._id)) return { id: doc._id, error: 'conflict' };
      const { _id, _rev, _deleted, ...rest } = doc;
      put({ id: _id, ...rest });
      pushed.push(_id);
      onCommand?.(documents.get(_id)!.doc);
      return { ok: true, id: _id, rev: '1-x' };
    });
  }

  async function handle({ method, path, body, signal }: GatewayRequest): Promise<GatewayAnswer> {
    const url = new URL(path, 'http://gateway/');
    const [collection = '', endpoint = ''] = url.pathname.slice(1).split('/');
    const parameters = url.searchParams;
    if (!state.signedIn) return { status: 401, body: { code: 'unauthenticated' } };
    if (Number(parameters.get('epoch')) !== state.epoch)
      return { status: 410, body: { code: 'epoch_changed' } };
    if (endpoint === '_changes') {
      const since = Number(parameters.get('since'));
      const limit = Number(parameters.get('limit') ?? Infinity);
      if (parameters.get('feed') !== 'longpoll')
        return { status: 200, body: changes(collection, since, limit) };
      return {
        status: 200,
        body: await longpoll(collection, since, limit, Number(parameters.get('timeout') ?? 25_000), signal),
      };
    }
    if (endpoint === '_all_docs') {
      const keys =
        method === 'POST'
          ? (body as { keys: string[] }).keys
          : (JSON.parse(parameters.get('keys')!) as string[]);
      return { status: 200, body: { rows: keys.map(row) } };
    }
    if (endpoint === '_bulk_docs')
      return {
        status: 201,
        body: bulkDocs((body as { docs: Array<Record<string, unknown> & { _id: string }> }).docs),
      };
    return { status: 404, body: { code: 'not_found' } };
  }

  /** As the browser's `fetch`; `fault` decides per request: let through, lost on the way there, or on the way back. */
  function fetchFrom(base: string, fault: () => 'none' | 'lost' | 'answer_lost' | number = () => 'none') {
    return async (input: string, init: RequestInit): Promise<Response> => {
      const signal = init.signal ?? undefined;
      signal?.throwIfAborted();
      state.open += 1;
      state.maxOpen = Math.max(state.maxOpen, state.open);
      try {
        const kind = fault();
        if (kind === 'lost') throw new TypeError('network');
        if (typeof kind === 'number') return Response.json({ code: 'internal' }, { status: kind });
        const answer = await handle({
          method: init.method ?? 'GET',
          path: input.slice(base.length),
          body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
          signal,
        });
        signal?.throwIfAborted();
        if (kind === 'answer_lost') throw new TypeError('network');
        return Response.json(answer.body, { status: answer.status });
      } finally {
        state.open -= 1;
      }
    };
  }

  return {
    state,
    put,
    remove,
    get,
    handle,
    fetchFrom,
    pushed,
    dropPolls: () => [...pollers].forEach((wake) => wake()),
  };
}
