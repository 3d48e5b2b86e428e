import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { poll } from './device.testkit.ts';

/** A person who uses the API without a browser. */
export interface ApiSession {
  app: string;
  headers: Record<string, string>;
}

export async function sessionOf(app: string, email: string): Promise<ApiSession> {
  const answer = await fetch(`${app}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: app },
    body: JSON.stringify({ email, password: 'recado-demo' }),
  });
  if (answer.status !== 204) throw new Error(`login refused: ${answer.status} ${await answer.text()}`);
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { app, headers: { cookie, origin: app, 'content-type': 'application/json' } };
}

let devices = 0;

/** Pushes one command as a device would and waits until it is accepted. */
export async function pushCommand(
  { app, headers }: ApiSession,
  command: { type: string; target: string; data: Record<string, unknown> },
): Promise<void> {
  devices += 1;
  const deviceId = `e2e-${process.pid}-${Date.now()}-${devices}`;
  const id = `cmd.${deviceId}.00000001`;
  const document = {
    _id: id,
    deviceId,
    n: 1,
    after: null,
    createdAt: new Date().toISOString(),
    seen: null,
    status: 'pending',
    ...command,
  };
  const pushed = await fetch(`${app}/sync/cmd/_bulk_docs`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ docs: [document] }),
  });
  if (!pushed.ok) throw new Error(`push refused: ${pushed.status} ${await pushed.text()}`);
  await poll(async () => {
    const found = (await (await fetch(`${app}/sync/cmd/${id}`, { headers })).json()) as { status?: string };
    expect(found.status).toBe('accepted');
  });
}

/** The demo's other agent goes offline: the next customer is Ana's. @returns what brings him back. */
export async function sendBrunoAway(app: string): Promise<() => Promise<void>> {
  const bruno = await sessionOf(app, 'bruno@demo.test');
  const become = (status: string) =>
    pushCommand(bruno, { type: 'SetStatus', target: 'agent.bruno', data: { status } });
  await become('offline');
  return () => become('available');
}

/**
 * Ends the conversation that the page shows. Each agent of the demo has room for five: what a test leaves open,
 * the next ones wait for.
 */
export async function endConversation(app: string, email: string, page: Page): Promise<void> {
  const id = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1)!);
  const target = `conversation.${id}`;
  await pushCommand(await sessionOf(app, email), {
    type: 'CloseConversation',
    target,
    data: { reason: 'resolved' },
  });
}
