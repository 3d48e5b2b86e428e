import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { internalToken } from '@recado/domain/access/internal-token';
import { olderMessagesSchema, conversationSchema } from '@recado/domain/wire/api';
import { conversationId } from '@recado/domain/commit/stream-id';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  customerText,
  type Device,
  startTestServer,
  testNumber,
  type TestServer,
} from '../sync-server.testkit.ts';

let kit: TestServer;
let analytics: Server;
const asked: { url: string; headers: Record<string, unknown> }[] = [];
const people = new Map<string, Device>();
const as = (name: string): Device => people.get(name) as Device;
let conversation: string;

beforeAll(async () => {
  analytics = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    response.statusCode = request.url?.includes('bad') ? 400 : request.url?.includes('broken') ? 500 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ totals: {} }));
  });
  await new Promise<void>((resolve) => analytics.listen(0, '127.0.0.1', resolve));
  kit = await startTestServer({
    analyticsUrl: `http://127.0.0.1:${(analytics.address() as AddressInfo).port}`,
  });
  for (const [name, role] of [
    ['ana', 'agent'],
    ['bruno', 'agent'],
    ['boss', 'supervisor'],
    ['quality', 'quality'],
    ['auditor', 'auditor'],
  ] as const) {
    await kit.addUser(name, [role]);
    people.set(name, await kit.login(name));
  }
  conversation = await kit.assigned('h1', 'ana');
});
afterAll(async () => {
  await kit.stop();
  analytics.closeAllConnections();
  await new Promise((resolve) => analytics.close(resolve));
});

const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

describe('every route', () => {
  test.each([
    ['GET', '/api/session'],
    ['GET', '/api/conversations/x'],
    ['GET', '/api/conversations/x/messages'],
    ['GET', '/api/reports/summary'],
    ['GET', `/api/media/${'a'.repeat(64)}`],
    ['PUT', `/api/media/${'a'.repeat(64)}`],
  ])('%s %s needs a session', async (method, path) => {
    expect(await codeOf(await fetch(`${kit.url}${path}`, { method }))).toEqual([401, 'unauthenticated']);
  });

  test('tells of unknown paths and methods with a problem document', async () => {
    const unknown = await as('ana').fetch('/api/nothing');
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    expect(await unknown.json()).toMatchObject({
      type: 'about:blank',
      status: 404,
      code: 'not_found',
      title: expect.any(String) as string,
    });
    expect(await codeOf(await as('ana').fetch('/api/session', { method: 'PUT' }))).toEqual([
      405,
      'method_not_allowed',
    ]);
    expect(
      await codeOf(await as('ana').fetch(`/api/conversations/${conversation}`, { method: 'DELETE' })),
    ).toEqual([405, 'method_not_allowed']);
  });

  test('brings headers that leave a browser little to do wrong', async () => {
    const { headers } = await as('ana').fetch('/api/session');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });
});

describe('conversations', () => {
  test('are read by who has them and by who may read any', async () => {
    for (const name of ['ana', 'boss', 'quality', 'auditor']) {
      const body = await as(name).json(`/api/conversations/${conversation}`);
      expect(conversationSchema.parse(body).conversation).toMatchObject({
        conversationId: conversation,
        agentId: kit.userId('ana'),
      });
    }
  });

  test('do not exist for others, nor under ids that are none', async () => {
    expect(await codeOf(await as('bruno').fetch(`/api/conversations/${conversation}`))).toEqual([
      404,
      'not_found',
    ]);
    expect(await codeOf(await as('bruno').fetch(`/api/conversations/${conversation}/messages`))).toEqual([
      404,
      'not_found',
    ]);
    for (const id of ['x', '1.2.3', '..%2f..', `${testNumber}.nobody.000001`, '%F0%9F%98%80'])
      expect([id, (await as('boss').fetch(`/api/conversations/${id}`)).status]).toEqual([id, 404]);
    expect(
      await codeOf(await as('ana').fetch(`/api/conversations/${conversation}/messages?limit=0`)),
    ).toEqual([400, 'invalid_request']);
  });

  test('page back through earlier episodes of the same customer on the same number', async () => {
    const at = (minute: number) => `2026-11-20T10:${String(minute).padStart(2, '0')}:00.000Z`;
    const ids = [1, 2, 3].map((episode) =>
      conversationId({ numberId: testNumber, contactId: 'long', episode }),
    );
    for (const [index, id] of ids.entries()) {
      await kit.happen(
        id,
        {
          type: 'ConversationOpened',
          data: {
            numberId: testNumber,
            contactId: 'long',
            episode: index + 1,
            provider: 'meta',
            contactName: null,
            address: { scheme: 'wa_phone', value: '+57' },
          },
        },
        ...Array.from({ length: 4 }, (_, message) =>
          customerText(`${index}-${message}`, 'x', at(index * 10 + message)),
        ),
        {
          type: 'ConversationAssigned',
          data: { agentId: kit.userId('ana'), queueId: null, reason: 'assigned' },
        },
      );
    }
    await kit.assigned('long2', 'ana');
    const seen: string[] = [];
    for (let before = ''; ;) {
      const page = olderMessagesSchema.parse(
        await as('ana').json(
          `/api/conversations/${ids[2]}/messages?limit=5${before && `&before=${encodeURIComponent(before)}`}`,
        ),
      );
      seen.push(...page.items.map((item) => item.messageId));
      if (page.nextCursor === null) break;
      before = page.nextCursor;
    }
    expect(seen).toEqual([
      '2-3',
      '2-2',
      '2-1',
      '2-0',
      '1-3',
      '1-2',
      '1-1',
      '1-0',
      '0-3',
      '0-2',
      '0-1',
      '0-0',
    ]);
    const fromSecond = olderMessagesSchema.parse(
      await as('ana').json(`/api/conversations/${ids[1]}/messages`),
    );
    expect(fromSecond.items[0]?.messageId).toBe('1-3');
  });
});

describe('reports', () => {
  test("are asked of analytics for the session's tenant", async () => {
    const answer = await as('boss').fetch('/api/reports/summary?from=2026-11-01&to=2026-11-20', {
      headers: { 'x-recado-tenant': 'forged' },
    });
    expect([answer.status, await answer.json()]).toEqual([200, { totals: {} }]);
    expect(asked.at(-1)).toMatchObject({
      url: '/api/reports/summary?from=2026-11-01&to=2026-11-20',
      headers: {
        authorization: `Bearer ${internalToken('a secret for tests only')}`,
        'x-recado-tenant': kit.tenantId,
        'x-recado-user': kit.userId('boss'),
      },
    });
  });

  test('are not for agents and auditors', async () => {
    for (const name of ['ana', 'auditor'])
      expect(await codeOf(await as(name).fetch('/api/reports/summary'))).toEqual([403, 'forbidden']);
  });

  test('say so when they cannot be had, and pass on what is wrong with the question', async () => {
    expect(await codeOf(await as('boss').fetch('/api/reports/broken'))).toEqual([503, 'reports_unavailable']);
    expect((await as('boss').fetch('/api/reports/bad')).status).toBe(400);
    expect((await as('boss').fetch('/api/reports/..%2finternal')).status).toBe(404);
    const offline = await startTestServer();
    await offline.addUser('boss', ['supervisor']);
    const boss = await offline.login('boss');
    expect(await codeOf(await boss.fetch('/api/reports/summary'))).toEqual([503, 'reports_unavailable']);
    await offline.stop();
  });
});

describe('the operator', () => {
  test('sees whether the process lives and its store answers', async () => {
    expect((await fetch(`${kit.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${kit.url}/readyz`)).status).toBe(200);
  });

  test('reads metrics on the internal side only', async () => {
    expect(await (await fetch(`${kit.url}/metrics`)).text()).toContain('recado_sync_request_seconds');
    const proxied = { 'x-forwarded-for': '203.0.113.7' };
    expect((await fetch(`${kit.url}/metrics`, { headers: proxied })).status).toBe(404);
    expect((await fetch(`${kit.url}/metrics`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(
      404,
    );
    const bearer = { ...proxied, authorization: `Bearer ${internalToken('a secret for tests only')}` };
    expect((await fetch(`${kit.url}/metrics`, { headers: bearer })).status).toBe(200);
  });

  test('gets an OpenAPI document whose references all lead somewhere', async () => {
    const document = await as('ana').json<{
      openapi: string;
      paths: object;
      components: { schemas: object };
    }>('/api/openapi.json');
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/api/conversations/{id}/messages');
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(Object.keys(document.components.schemas)).toContain(name);
    expect(text).not.toContain('#/$defs');
  });
});
