import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { nobodyListens } from '../ingest.testkit.ts';
import { createGraphClient } from './graph-client.ts';

const account = { phoneNumberId: '42', accessToken: 'token' };
let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = undefined;
});

async function client(answer: RequestListener, timeoutMs = 2_000) {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return createGraphClient({ baseUrl: `http://127.0.0.1:${port}/`, timeoutMs });
}

test('a send is posted with the token, and accepted with the provider’s id', async () => {
  const seen: unknown[] = [];
  const graph = await client(async (request, response) => {
    seen.push(request.url, request.headers.authorization, JSON.parse(await readText(request)));
    response.end(JSON.stringify({ messages: [{ id: 'wamid.OUT' }] }));
  });
  expect(await graph.send(account, { a: 1 })).toEqual({ kind: 'accepted', providerId: 'wamid.OUT' });
  expect(seen).toEqual(['/v24.0/42/messages', 'Bearer token', { a: 1 }]);
});

test('a refusal gives the provider’s code and detail', async () => {
  const graph = await client((_request, response) => {
    response.statusCode = 400;
    response.end(
      JSON.stringify({
        error: { code: 131047, message: 'm', error_data: { details: 'the window is closed' } },
      }),
    );
  });
  expect(await graph.send(account, {})).toEqual({
    kind: 'refused',
    status: 400,
    code: 131047,
    detail: 'the window is closed',
  });
});

test('a refusal that is no JSON has its status only', async () => {
  const graph = await client((_request, response) => {
    response.statusCode = 502;
    response.end('<html>');
  });
  expect(await graph.send(account, {})).toEqual({ kind: 'refused', status: 502, code: null });
});

test('success that names no message may or may not have been sent', async () => {
  const graph = await client((_request, response) => response.end('{}'));
  expect(await graph.send(account, {})).toMatchObject({ kind: 'unanswered' });
});

test('a connection that dies after the request was written may or may not have been sent', async () => {
  const graph = await client((request) => request.socket.destroy());
  expect(await graph.send(account, {})).toMatchObject({ kind: 'unanswered' });
});

test('an answer cut off in the middle may or may not have been sent', async () => {
  const graph = await client((request, response) => {
    response.setHeader('content-length', '100');
    response.write('{"messages":[');
    setTimeout(() => request.socket.destroy(), 10);
  });
  expect(await graph.send(account, {})).toMatchObject({ kind: 'unanswered' });
});

test('no answer in time may or may not have been sent', async () => {
  const graph = await client(() => undefined, 50);
  expect(await graph.send(account, {})).toEqual({ kind: 'unanswered', reason: 'timeout' });
});

test('a connection that was refused has sent nothing', async () => {
  const graph = createGraphClient({ baseUrl: nobodyListens, timeoutMs: 500 });
  expect(await graph.send(account, {})).toEqual({ kind: 'unsent', reason: 'ECONNREFUSED' });
});

test('a name that is not known has sent nothing', async () => {
  const graph = createGraphClient({ baseUrl: 'http://graph.invalid', timeoutMs: 5_000 });
  expect(await graph.send(account, {})).toMatchObject({ kind: 'unsent' });
});

test('a file is asked for, then fetched from its link, both with the token', async () => {
  const seen: unknown[] = [];
  const graph = await client((request, response) => {
    seen.push([request.url, request.headers.authorization]);
    if (request.url === '/link') return response.end('bytes');
    const url = `http://${request.headers.host}/link`;
    response.end(JSON.stringify({ url, mime_type: 'text/plain', sha256: 'A'.repeat(64) }));
  });
  const answer = await graph.download('token', 'm-1');
  if (answer.kind !== 'file') throw new Error(answer.kind);
  expect(await new Response(answer.body).text()).toBe('bytes');
  expect(answer).toMatchObject({ mime: 'text/plain', sha256: 'a'.repeat(64) });
  expect(seen).toEqual([
    ['/v24.0/m-1', 'Bearer token'],
    ['/link', 'Bearer token'],
  ]);
});
