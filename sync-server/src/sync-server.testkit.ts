import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@recado/domain/access/access';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import { conversationId, conversationStream, settingsStream } from '@recado/domain/commit/stream-id';
import { accept } from '@recado/domain/outcome';
import { defaultRouting, type RoutingSettings, type SettingsEvent } from '@recado/domain/settings/settings';
import { directoryDatabase } from '@recado/domain/databases';
import { instant } from '@recado/domain/time';
import { createAggregate } from '@recado/event-store/handle-command';
import { startTestStore, type TestStore } from '@recado/event-store/store.testkit';
import { createMediaStore } from '@recado/media-store/media-store';
import { pino } from 'pino';
import { createSyncServer, type SyncServerDeps } from './sync-server.ts';
import type { TenantRuntime } from './tenants/tenant.ts';

/** A sync-server on a real store, with one tenant, for tests. The clock is the machine's plus `clock.ahead`. */
export interface TestServer {
  url: string;
  store: TestStore;
  tenantId: string;
  tenant: TenantRuntime;
  server: ReturnType<typeof createSyncServer>;
  clock: { ahead: number };
  /** Test users are named after their tenant, because user ids are the installation's. */
  userId(name: string): string;
  addUser(name: string, roles: Role[], options?: { disabled?: boolean }): Promise<string>;
  login(name: string): Promise<Device>;
  configure(event: SettingsEvent): Promise<void>;
  happen(id: string, ...events: ConversationEvent[]): Promise<void>;
  /** A conversation with one message of the customer, given to the agent. */
  assigned(contactId: string, agentName: string): Promise<string>;
  settled(): Promise<void>;
  /** Requests that the server has not finished answering. */
  openRequests(): Promise<number>;
  restart(): Promise<void>;
  /** A second process of the same installation. */
  another(): Promise<{ url: string; stop(): Promise<void> }>;
  stop(): Promise<void>;
}

/** Somebody's browser: its cookie and nothing more. */
export interface Device {
  cookie: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  json<T = Record<string, unknown>>(path: string, init?: RequestInit): Promise<T>;
}

export const testNumber = '100000000000001';
export const testPassword = 'correct horse';
export const customerText = (
  messageId: string,
  body: string,
  at = instant(Date.now()),
): ConversationEvent => ({
  type: 'MessageReceived',
  occurredAt: at,
  data: { messageId, providerId: `wamid.${messageId}`, content: { kind: 'text', body } },
});

export async function startTestServer(
  options: Partial<SyncServerDeps> & { routing?: Partial<RoutingSettings> } = {},
): Promise<TestServer> {
  const store = await startTestStore();
  const directory = await mkdtemp(join(tmpdir(), 'recado-sync-'));
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const tenantId = store.newTenant();
  // Short, lower case, and not another test's, also on a shared CouchDB.
  const mark = crypto.randomUUID().replaceAll('-', '').slice(0, 8);
  const userId = (name: string): string => `${name}${mark}`;
  const create = () =>
    createSyncServer({
      couch: store.couch,
      media: createMediaStore({ directory: join(directory, 'media'), maxBytes: 1_000_000 }),
      logger: pino({ level: process.env['RECADO_TEST_LOG'] ?? 'silent' }),
      now,
      newId: () => crypto.randomUUID(),
      secret: 'a secret for tests only',
      secureCookies: false,
      publicUrl: null,
      analyticsUrl: 'http://127.0.0.1:9',
      pwaDirectory: join(directory, 'pwa'),
      // On a shared CouchDB other suites have tenants of their own in the same directory.
      serves: (id) => id === tenantId || process.env['COUCHDB_URL'] === undefined,
      upkeepEveryMs: 3_600_000,
      ...options,
    });

  const kit = { server: create(), url: '', tenant: null as TenantRuntime | null };
  const start = async (): Promise<void> => {
    kit.tenant = await kit.server.tenant(tenantId);
    kit.url = (await kit.server.listen({ port: 0, host: '127.0.0.1' })).url;
  };
  const tenant = (): TenantRuntime => kit.tenant as TenantRuntime;
  // One hash serves all: hashing is slow on purpose.
  let passwordHash: Promise<string> | undefined;

  await kit.server.start();
  await kit.server.directory.saveTenant({ tenantId, name: `Test ${mark}` });
  await start();

  const device = (cookie: string): Device => {
    const send: Device['fetch'] = (path, init = {}) => {
      const headers = new Headers(init.headers);
      if (cookie !== '') headers.set('cookie', cookie);
      return fetch(`${kit.url}${path}`, { ...init, headers });
    };
    return {
      cookie,
      fetch: send,
      async json<T>(path: string, init?: RequestInit) {
        return (await (await send(path, init)).json()) as T;
      },
    };
  };

  const configure = async (event: SettingsEvent): Promise<void> => {
    const { store: events } = tenant();
    const settings = createAggregate<null, SettingsEvent>({
      store: events,
      now: () => instant(now()),
      fold: { initial: null, evolve: () => null },
    });
    const id =
      event.type === 'NumberConfigured'
        ? event.data.numberId
        : event.type === 'QueueConfigured'
          ? event.data.queueId
          : 'default';
    await settings.handle({
      stream: settingsStream(event.type.replace('Configured', '').toLowerCase(), id),
      actor: { kind: 'system', id: 'test' },
      cause: { commandId: crypto.randomUUID() },
      decide: () => accept(event),
    });
  };

  const happen: TestServer['happen'] = async (id, ...events) => {
    await tenant().conversations.handle({
      stream: conversationStream(id),
      actor: { kind: 'system', id: 'test' },
      cause: { event: crypto.randomUUID() },
      decide: () => ({ accepted: events }),
    });
  };

  const testServer: TestServer = {
    get url() {
      return kit.url;
    },
    store,
    tenantId,
    get tenant() {
      return tenant();
    },
    get server() {
      return kit.server;
    },
    clock,
    userId,
    async addUser(name, roles, { disabled = false } = {}) {
      passwordHash ??= kit.server.passwords.hash(testPassword);
      const id = userId(name);
      const user = { userId: id, tenantId, name, email: `${id}@example.test`, roles, disabled };
      await kit.server.directory.saveUser({ ...user, passwordHash: await passwordHash });
      return id;
    },
    async login(name) {
      const response = await fetch(`${kit.url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: `${userId(name)}@example.test`, password: testPassword }),
      });
      if (response.status !== 204)
        throw new Error(`login of ${name}: ${response.status} ${await response.text()}`);
      return device((response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '');
    },
    configure,
    happen,
    async assigned(contactId, agentName) {
      const id = conversationId({ numberId: testNumber, contactId, episode: 1 });
      await happen(
        id,
        {
          type: 'ConversationOpened',
          data: {
            numberId: testNumber,
            contactId,
            episode: 1,
            provider: 'meta',
            contactName: `Customer ${contactId}`,
            address: { scheme: 'wa_phone', value: '+573001112233' },
          },
        },
        customerText(`in-${contactId}`, 'hola', instant(now())),
        { type: 'ConversationQueued', data: { queueId: 'general', reason: 'handover' } },
        {
          type: 'ConversationAssigned',
          data: { agentId: userId(agentName), queueId: 'general', reason: 'routed' },
        },
      );
      return id;
    },
    settled: () => tenant().worker.settled(),
    async openRequests() {
      const metrics = await (await fetch(`${kit.url}/metrics`)).text();
      // Without the one that asks.
      return Number(/^recado_sync_open_requests (\d+)$/m.exec(metrics)?.[1]) - 1;
    },
    async restart() {
      await kit.server.stop();
      kit.server = create();
      await kit.server.start();
      await start();
    },
    async another() {
      const second = create();
      await second.start();
      const { url } = await second.listen({ port: 0, host: '127.0.0.1' });
      return { url, stop: () => second.stop() };
    },
    async stop() {
      await kit.server.stop();
      await forgetAccounts(store, mark);
      await store.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await configure({ type: 'RoutingConfigured', data: { ...defaultRouting, ...options.routing } });
  await configure({
    type: 'QueueConfigured',
    data: { queueId: 'general', name: 'General', slaMs: 300_000, agentIds: [] },
  });
  return testServer;
}

/** A shared CouchDB keeps its directory: what this kit wrote there is taken out again. */
async function forgetAccounts({ couch }: TestStore, mark: string): Promise<void> {
  const database = couch.database(directoryDatabase);
  const mine = (await database.allDocs<object>()).filter((doc) => JSON.stringify(doc).includes(mark));
  if (mine.length > 0) await database.bulk(mine.map(({ _id, _rev }) => ({ _id, _rev, _deleted: true })));
}

/** Waits until `probe` gives something true. */
export async function until<T>(
  probe: () => Promise<T> | T,
  what: string,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
