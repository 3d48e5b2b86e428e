import { afterEach } from 'vitest';
import { startReceiver } from './receiver.testkit.ts';
import type { SimulatorOptions } from './simulator.ts';
import { startSimulator } from './start-simulator.ts';

export const customer = '573001112233';
export const numberId = '100000000000001';
export const accountId = '200000000000001';

type ErrorBody = {
  error: {
    message: string;
    type: string;
    code: number;
    error_subcode?: number;
    error_data?: { details: string };
    fbtrace_id: string;
  };
};
export type SendBody = {
  messaging_product: string;
  contacts: { input: string; wa_id?: string; user_id?: string }[];
  messages: { id: string; message_status: string }[];
};

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
});

/** A quick simulator whose webhooks arrive at a receiver; both end with the test. */
export const startPair = async (options: SimulatorOptions = {}, answers: number[] = []) => {
  const receiver = await startReceiver(answers);
  const { simulator, url, stop } = await startSimulator({
    webhookUrl: receiver.url,
    statusDelays: { sent: 1, delivered: 15 },
    retryScheduleMs: [5, 10],
    ...options,
  });
  running.push(stop, receiver.stop);

  const graph = (path: string, init: RequestInit = {}, token = 'demo-access-token') =>
    fetch(`${url}/v24.0/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
    });

  const post = (path: string, body: unknown, token?: string) =>
    graph(
      path,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      },
      token,
    );

  const send = async (message: Record<string, unknown>, token?: string) => {
    const response = await post(
      `${numberId}/messages`,
      { messaging_product: 'whatsapp', to: `+${customer}`, ...message },
      token,
    );
    return { status: response.status, body: (await response.json()) as SendBody & ErrorBody };
  };

  return {
    simulator,
    receiver,
    url,
    graph,
    post,
    send,
    sendText: (body: string, more: Record<string, unknown> = {}) =>
      send({ type: 'text', text: { body }, ...more }),
    /** The puppet strings. */
    puppet: (method: string, path: string, body?: object | string) =>
      fetch(`${url}/_sim${path}`, {
        method,
        ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
};
