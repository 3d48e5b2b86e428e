import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHmac } from 'node:crypto';

export type Received = { headers: NodeJS.Dict<string | string[]>; raw: Buffer; body: WebhookBody };
export type WebhookBody = {
  object: string;
  entry: { id: string; changes: { field: string; value: WebhookValue }[] }[];
};
export type WebhookValue = Record<string, unknown> & {
  contacts?: Record<string, unknown>[];
  messages?: (Record<string, unknown> & { id: string })[];
  statuses?: (Record<string, unknown> & { id: string; status: string })[];
};

/** A receiver of webhooks that answers with the given statuses in turn, then 200. */
export const startReceiver = async (answers: number[] = []) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver');
    if (request.method === 'GET') {
      const known = url.searchParams.get('hub.verify_token') === 'right';
      response.writeHead(known ? 200 : 403).end(known ? url.searchParams.get('hub.challenge') : '');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      received.push({ headers: request.headers, raw, body: JSON.parse(raw.toString()) as WebhookBody });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const values = () =>
    received.flatMap(({ body }) =>
      body.entry.flatMap((entry) => entry.changes.map((change) => change.value)),
    );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/meta`,
    received,
    values,
    messages: () => values().flatMap((value) => value.messages ?? []),
    statuses: () => values().flatMap((value) => value.statuses ?? []),
    stop: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
};

export const signedBy = (secret: string, { headers, raw }: Received): boolean =>
  headers['x-hub-signature-256'] === `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;

/** Waits for what must become true; fails with what it waited for. */
export const until = async (what: string, condition: () => boolean, timeoutMs = 5000): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resume) => setTimeout(resume, 3));
  }
};
