import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyHead } from '@recado/domain/commit/chain';
import type { Commit } from '@recado/domain/commit/commit';
import { agentStream, conversationIdOf, settingsStream } from '@recado/domain/commit/stream-id';
import type { AgentStatus } from '@recado/domain/agent/agent';
import { evolveConversation } from '@recado/domain/conversation/evolve';
import { initialConversation, type ConversationState } from '@recado/domain/conversation/state';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import {
  defaultRouting,
  type NumberSettings,
  type QueueSettings,
  type RoutingSettings,
  type SettingsEvent,
} from '@recado/domain/settings/settings';
import { createMemoryCheckpoints } from '@recado/event-store/checkpoints';
import type { EventStore } from '@recado/event-store/event-store';
import { createMemoryEventStore } from '@recado/event-store/memory-event-store';
import type { Leases } from '@recado/event-store/ports';
import { createMemorySnapshots } from '@recado/event-store/snapshots';
import { createMemoryTimers } from '@recado/event-store/timers';
import { createSecretBox } from '@recado/event-store/secret-box';
import { createMediaStore } from '@recado/media-store/media-store';
import { createMemoryIdentities } from './contacts/identities.ts';
import { createIngest, type Ingest } from './ingest.ts';
import { silentLogger } from './logger.ts';
import { createGraphClient, type GraphClient } from './meta/graph-client.ts';
import type { RateLimitOptions } from './outbox/rate-limits.ts';
import type { TenantStores } from './tenant/tenant-stores.ts';

/** The whole service for tests: real slices on a store in memory (or one that is given), a clock that stands still. */

export const secretBox = createSecretBox('a secret for tests');
export const appSecret = 'app-secret-of-the-tests';
export const tenantId = 'acme';
export const phoneNumberId = '106000000000042';

export const number = (change: Partial<NumberSettings> = {}): NumberSettings => ({
  numberId: phoneNumberId,
  provider: 'meta',
  name: 'Ventas',
  displayPhone: '+57 601 555 0042',
  state: 'active',
  queueId: 'sales',
  greeting: 'Hola, gracias por escribir.',
  meta: {
    phoneNumberId,
    wabaId: '206000000000042',
    verifyToken: 'verify-me',
    sealedAppSecret: secretBox.seal(appSecret),
    sealedAccessToken: secretBox.seal('access-token'),
  },
  ...change,
});

export const queue = (change: Partial<QueueSettings> = {}): QueueSettings => ({
  queueId: 'sales',
  name: 'Ventas',
  slaMs: 60_000,
  agentIds: ['ana', 'bruno'],
  ...change,
});

/** Appends to the end of a stream. */
export async function append(store: EventStore, stream: string, ...events: Commit['events']): Promise<void> {
  const last = (await store.read(stream)).at(-1);
  await store.append({
    stream,
    head: last ? { version: last.version, hash: last.hash } : emptyHead,
    at: new Date(startOfTests).toISOString(),
    actor: { kind: 'admin', id: 'tests' },
    cause: { event: 'tests' },
    events,
  });
}

export async function configure(store: EventStore, event: SettingsEvent): Promise<void> {
  const id =
    event.type === 'NumberConfigured'
      ? settingsStream('number', event.data.numberId)
      : event.type === 'QueueConfigured'
        ? settingsStream('queue', event.data.queueId)
        : settingsStream('routing', 'default');
  await append(store, id, event);
}

export const setStatus = (store: EventStore, agentId: string, status: AgentStatus): Promise<void> =>
  append(store, agentStream(agentId), {
    type: 'AgentStatusChanged',
    data: { agentId, status, reason: 'stated' },
  });

/** Port 2 is assigned to nothing in use: connections to it are refused. */
export const nobodyListens = 'http://127.0.0.1:2';

export const startOfTests = Date.parse('2026-11-20T14:00:00.000Z');

export function createMemoryLeases(): Leases {
  const held = new Map<string, Promise<void>>();
  let fence = 0;
  return {
    async hold(name, { signal }) {
      while (held.has(name)) {
        signal?.throwIfAborted();
        await held.get(name);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      held.set(name, promise);
      const controller = new AbortController();
      return {
        fence: ++fence,
        signal: controller.signal,
        async release() {
          controller.abort();
          held.delete(name);
          resolve();
        },
      };
    },
  };
}

export function memoryStores(store: EventStore = createMemoryEventStore()): TenantStores {
  return {
    store,
    identities: createMemoryIdentities(),
    timers: createMemoryTimers(),
    checkpoints: createMemoryCheckpoints(),
    snapshots: createMemorySnapshots(),
    leases: createMemoryLeases(),
    close: async () => undefined,
  };
}

export interface TestIngestOptions {
  stores?: TenantStores;
  number?: NumberSettings;
  queue?: QueueSettings;
  routing?: Partial<RoutingSettings>;
  graph?: GraphClient;
  graphUrl?: string;
  graphTimeoutMs?: number;
  rateLimits?: RateLimitOptions;
  /** Also listen on a port of its own. */
  listen?: boolean;
  /** Settings are there already. */
  configured?: boolean;
  /** Use the machine's clock instead of one that stands still. */
  realClock?: boolean;
}

export interface TestIngest {
  ingest: Ingest;
  stores: TenantStores;
  store: EventStore;
  url: string;
  clock: { now: number };
  /** Signs and posts a webhook body. Answers the HTTP status. */
  post(body: unknown, options?: { secret?: string; path?: string }): Promise<number>;
  settled(): Promise<void>;
  conversations(): Promise<ConversationState[]>;
  conversation(): Promise<ConversationState>;
  commits(prefix: string): Promise<Commit[]>;
  stop(): Promise<void>;
}

export async function startTestIngest(options: TestIngestOptions = {}): Promise<TestIngest> {
  const stores = options.stores ?? memoryStores();
  const { store } = stores;
  if (!options.configured) {
    await configure(store, { type: 'NumberConfigured', data: options.number ?? number() });
    await configure(store, { type: 'QueueConfigured', data: options.queue ?? queue() });
    await configure(store, { type: 'RoutingConfigured', data: { ...defaultRouting, ...options.routing } });
  }
  const directory = await mkdtemp(join(tmpdir(), 'recado-ingest-'));
  const clock = { now: startOfTests };
  let made = 0;
  const run = Math.random().toString(36).slice(2, 8);
  const ingest = createIngest({
    listTenants: async () => [tenantId],
    openStores: async () => stores,
    media: createMediaStore({ directory, maxBytes: 1_000_000 }),
    ready: async () => undefined,
    graph:
      options.graph ??
      createGraphClient({
        baseUrl: options.graphUrl ?? nobodyListens,
        timeoutMs: options.graphTimeoutMs ?? 2_000,
      }),
    secretBox,
    logger: silentLogger,
    clock: options.realClock ? Date.now : () => clock.now,
    newId: () => `${run}${String(++made).padStart(6, '0')}`,
    random: () => 0.5,
    holder: 'tests',
    rateLimits: options.rateLimits,
    listEveryMs: 60_000,
  });
  await ingest.start();
  const server = createServer((request, response) => void ingest.app.callback()(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const conversations = async (): Promise<ConversationState[]> => {
    const streams = await store.streams('conversation.', { limit: 10_000 });
    return Promise.all(streams.map((stream) => stateOf(store, conversationIdOf(stream))));
  };

  return {
    ingest,
    stores,
    store,
    url,
    clock,
    async post(body, { secret = appSecret, path = '/webhooks/meta' } = {}) {
      const bytes =
        typeof body === 'string' || Buffer.isBuffer(body)
          ? Buffer.from(body)
          : Buffer.from(JSON.stringify(body));
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': sign(bytes, secret) },
        body: bytes,
      });
      await response.arrayBuffer();
      return response.status;
    },
    settled: async () => {
      await ingest.tenant(tenantId)?.settled();
    },
    conversations,
    async conversation() {
      const [only, ...others] = await conversations();
      if (!only || others.length > 0)
        throw new Error(`expected one conversation, found ${others.length + (only ? 1 : 0)}`);
      return only;
    },
    async commits(prefix) {
      const streams = await store.streams(prefix, { limit: 10_000 });
      return (await Promise.all(streams.map((stream) => store.read(stream)))).flat();
    },
    async stop() {
      await ingest.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export async function stateOf(store: EventStore, id: string): Promise<ConversationState> {
  let state = initialConversation;
  for (const commit of await store.read<ConversationEvent>(`conversation.${id}`)) {
    for (const event of commit.events) state = evolveConversation(state, event, commit);
  }
  return state;
}

export const sign = (bytes: Buffer, secret = appSecret): string =>
  `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;

/** Looks again until the condition holds; fails with the test's own time limit. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

export interface Customer {
  waId?: string;
  userId?: string;
  name?: string;
}
export const lucia: Customer = { waId: '573015550101', userId: 'CO.7700000000000101', name: 'Lucía Prieto' };

const seconds = (ms: number): string => String(Math.floor(ms / 1_000));

export const envelope = (value: object, field = 'messages', id = phoneNumberId): object => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '206000000000042',
      changes: [
        {
          field,
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '576015550042', phone_number_id: id },
            ...value,
          },
        },
      ],
    },
  ],
});

const card = ({ waId, userId, name }: Customer): object => ({
  profile: { name },
  wa_id: waId,
  user_id: userId,
});

export const messageFrom = (
  customer: Customer,
  message: { id: string; at?: number; [field: string]: unknown },
): object => {
  const { at = startOfTests, ...rest } = message;
  return { from: customer.waId, from_user_id: customer.userId, timestamp: seconds(at), ...rest };
};

/** A webhook with these messages of one customer. */
export const messages = (customer: Customer, ...list: object[]): object =>
  envelope({ contacts: [card(customer)], messages: list });

export const text = (customer: Customer, id: string, body: string, at = startOfTests): object =>
  messages(customer, messageFrom(customer, { id, at, type: 'text', text: { body } }));

export const status = (
  customer: Customer,
  id: string,
  state: string,
  more: { opaque?: string; at?: number; [field: string]: unknown } = {},
): object => {
  const { opaque, at = startOfTests, ...rest } = more;
  return envelope({
    statuses: [
      {
        id,
        status: state,
        timestamp: seconds(at),
        recipient_id: customer.waId,
        recipient_user_id: customer.userId,
        biz_opaque_callback_data: opaque,
        ...rest,
      },
    ],
  });
};
