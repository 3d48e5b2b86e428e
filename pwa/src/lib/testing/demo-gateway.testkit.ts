/**
 * The whole product's server in miniature, for looking at the interface: one signed-in person, a mailbox, commands
 * that are decided the simplest way, reports with made-up figures. `node demo-gateway.testkit.ts` serves the build.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import type { ConvDoc, MsgDoc } from '@recado/domain/wire/documents';
import { demoBoard } from './demo-board.testkit.ts';
import { demoConversations } from './demo-conversations.testkit.ts';
import { demoMessages } from './demo-messages.testkit.ts';
import { demoRefs, person } from './demo-people.testkit.ts';
import { demoReport } from './demo-report.testkit.ts';
import { createFakeGateway } from './fake-gateway.testkit.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

export async function startDemoGateway({
  build,
  port = 0,
  empty = false,
}: {
  build: string;
  port?: number;
  empty?: boolean;
}) {
  const now = () => new Date().toISOString();
  const conv = (id: string) =>
    gateway.get(`conv.${id}`) as (Omit<ConvDoc, 'id'> & { _id: string }) | undefined;
  const session = { user: null as keyof typeof person | null, failures: 0 };
  const media = new Map<string, { type: string; bytes: Buffer }>();
  const gateway = createFakeGateway({ onCommand: (command) => setTimeout(() => decide(command), 150) });

  function update(id: string, change: Partial<ConvDoc>): void {
    const { _id, ...before } = conv(id)!;
    gateway.put({ ...before, ...change, id: _id, version: before.version + 1 });
  }

  function decide({ _id, ...command }: Record<string, unknown> & { _id: string }): void {
    const id = String(command.target).replace('conversation.', '');
    const data = command.data as Record<string, never>;
    const answer = (status: string, code?: string) =>
      gateway.put({ ...command, id: _id, status, ...(code ? { code } : {}), decidedAt: now() });
    if (command.type === 'SetStatus') {
      const { _id: meId, ...me } = gateway.get('ref.me.me') as Record<string, unknown> & { _id: string };
      gateway.put({ ...me, id: meId, data: { ...(me.data as object), status: data.status } });
      return answer('accepted');
    }
    if (!conv(id)) return answer('review', 'not_assigned');
    if (command.type === 'SendMessage') {
      const { messageId, content, replyTo } = data as unknown as {
        messageId: string;
        content: MsgDoc['content'];
        replyTo?: string;
      };
      const at = now();
      const put = (state: NonNullable<MsgDoc['delivery']>['state']) =>
        gateway.put({
          id: `msg.${id}.${messageId}`,
          conversationId: id,
          messageId,
          direction: 'out',
          author: { kind: 'agent', id: 'ana' },
          content,
          sortKey: `${at}|${messageId}`,
          at,
          replyTo: replyTo ?? null,
          reactions: [],
          edited: false,
          revoked: false,
          delivery: { state },
          media: null,
          commandId: _id,
          version: 1,
        });
      put('pending');
      answer('accepted');
      update(id, {
        lastMessageAt: at,
        waitingSince: null,
        slaDueAt: null,
        lastMessage: {
          messageId,
          direction: 'out',
          kind: 'text',
          preview: content.kind === 'text' ? content.body : null,
          delivery: 'sent',
        },
      });
      for (const [index, state] of (['sent', 'delivered', 'read'] as const).entries())
        setTimeout(() => put(state), 300 * (index + 1));
      return;
    }
    if (command.type === 'MarkSeen') update(id, { unread: 0 });
    if (command.type === 'CloseConversation')
      update(id, { phase: 'closed', closedAt: now(), closeReason: String(data.reason) });
    if (command.type === 'ReopenConversation')
      update(id, { phase: 'assigned', closedAt: null, closeReason: null });
    if (command.type === 'TransferConversation' || command.type === 'ReturnConversation')
      gateway.remove(`conv.${id}`);
    answer('accepted');
  }

  for (const ref of demoRefs) gateway.put(ref);
  for (const row of empty ? [] : demoBoard(Date.now())) gateway.put(row);
  for (const doc of empty ? [] : demoConversations(Date.now())) gateway.put(doc);
  for (const doc of empty ? [] : demoMessages(Date.now())) gateway.put(doc);

  async function api(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const send = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const path = url.pathname;
    if (path === '/api/session' && request.method === 'POST') {
      const { email, password } = JSON.parse((await read(request)).toString()) as {
        email: string;
        password: string;
      };
      if (session.failures >= 4) return send(429, { code: 'too_many_attempts' });
      const user = email.split('@')[0] as keyof typeof person;
      if (!(user in person) || password !== 'recado-demo') {
        session.failures += 1;
        return send(401, { code: 'wrong_credentials' });
      }
      Object.assign(session, { user, failures: 0 });
      gateway.state.signedIn = true;
      return send(204);
    }
    if (!session.user) return send(401, { code: 'unauthenticated' });
    if (path === '/api/session' && request.method === 'DELETE') {
      session.user = null;
      gateway.state.signedIn = false;
      return send(204);
    }
    if (path === '/api/session')
      return send(200, {
        ...person[session.user],
        mailboxEpoch: person[session.user].mailboxEpoch && gateway.state.epoch,
        now: now(),
      });
    if (path.startsWith('/api/media/')) {
      const hash = path.slice('/api/media/'.length);
      if (request.method === 'PUT') {
        media.set(hash, { type: request.headers['content-type'] ?? '', bytes: await read(request) });
        return send(201, {});
      }
      const found = media.get(hash);
      if (!found) return send(404, { code: 'not_found' });
      response.writeHead(200, { 'content-type': found.type });
      response.end(found.bytes);
      return;
    }
    if (path === '/api/reports/summary') return send(200, demoReport.summary(url.searchParams));
    if (path === '/api/reports/conversations') return send(200, demoReport.conversations(url.searchParams));
    const wanted = /^\/api\/conversations\/([^/]+)(\/messages)?$/.exec(path);
    if (wanted) {
      const id = decodeURIComponent(wanted[1]!);
      const found = conv(id);
      if (!found) return send(404, { code: 'not_found' });
      if (!wanted[2]) return send(200, { conversation: { ...found, id: found._id } });
      const before = url.searchParams.get('before');
      const items = demoMessages(Date.now()).filter(
        (each) => each.conversationId === id && (!before || each.sortKey < before),
      );
      return send(200, { items: items.reverse(), nextCursor: null });
    }
    send(404, { code: 'not_found' });
  }

  function file(path: string, response: ServerResponse): void {
    const wanted = join(build, normalize(path));
    const found = existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(build, '200.html');
    response.writeHead(200, {
      'content-type': types[extname(found)] ?? 'application/octet-stream',
      'cache-control': found.includes('/immutable/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    createReadStream(found).pipe(response);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/api/')) return api(request, url, response);
    if (!url.pathname.startsWith('/sync/')) return file(url.pathname, response);
    const ending = new AbortController();
    response.on('close', () => ending.abort());
    const body =
      request.method === 'POST' ? (JSON.parse((await read(request)).toString()) as unknown) : undefined;
    const answer = await gateway.handle({
      method: request.method ?? 'GET',
      path: url.pathname.slice('/sync/'.length) + url.search,
      body,
      signal: ending.signal,
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  }

  const server: Server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    gateway,
    update,
    media,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

if (import.meta.main) {
  const demo = await startDemoGateway({ build: join(import.meta.dirname, '../../../build'), port: 3900 });
  console.log(demo.url);
}
