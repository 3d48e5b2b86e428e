import { describe, expect, test } from 'vitest';
import { until } from '../receiver.testkit.ts';
import { customer, startPair } from '../simulator.testkit.ts';

describe('the phone page', () => {
  test('is served with everything it asks for, and nothing from elsewhere', async () => {
    const { url } = await startPair();
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links).toContain('/phone.js');
    const seen = new Set<string>();
    for (const link of links) {
      expect(link).toMatch(/^\//);
      seen.add(link);
    }
    for (const link of seen) {
      const response = await fetch(new URL(link, url));
      expect([link, response.status]).toEqual([link, 200]);
      const imports = link.endsWith('.js')
        ? [...(await response.text()).matchAll(/from '\.(\/[^']+)'/g)]
        : [];
      for (const [, imported] of imports) seen.add(imported ?? '');
    }
    expect(seen).toContain('/words.js');
  });

  test('hears live what happens on a phone', async () => {
    const { url, simulator, sendText } = await startPair();
    const abort = new AbortController();
    const response = await fetch(`${url}/_sim/events`, { signal: abort.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let heard = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) heard += Buffer.from(chunk as Uint8Array).toString();
    })().catch(() => undefined);
    simulator.write(customer, 'hola');
    await sendText('buenas', { biz_opaque_callback_data: 'secret' });
    await until('both messages', () => heard.includes('"hola"') && heard.includes('"buenas"'));
    expect(heard).not.toContain('secret');
    expect(heard).toMatch(/^data: \{"type":"message"/m);
    abort.abort();
    await reading;
  });

  test('lists numbers and customers with their last message', async () => {
    const { simulator, puppet } = await startPair();
    simulator.write(customer, { text: 'hola', name: 'Laura' });
    const numbers = await (await puppet('GET', '/numbers')).text();
    expect(numbers).toContain('+57 300 555 0100');
    expect(numbers).not.toContain('demo-app-secret');
    expect(await (await puppet('GET', '/customers')).json()).toMatchObject([
      { phone: customer, name: 'Laura', lastMessage: { text: 'hola' } },
    ]);
  });

  test('a picture is shown, and can never run as a page', async () => {
    const { simulator, puppet } = await startPair();
    const { id } = simulator.media.put({
      mimeType: 'text/html',
      bytes: Buffer.from('<script>'),
      lifeMs: 1e6,
    });
    const response = await puppet('GET', `/media/${id}`);
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect((await puppet('GET', '/media/1')).status).toBe(404);
  });
});

describe('operations', () => {
  test('health, readiness and metrics', async () => {
    const { url, simulator } = await startPair({}, [500]);
    simulator.write(customer, 'hola');
    await simulator.idle();
    for (const path of ['/healthz', '/readyz'])
      expect(await (await fetch(url + path)).json()).toMatchObject({ status: 'ok' });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('recado_simulator_webhook_attempts_total{outcome="acknowledged"} 1');
    expect(metrics).toContain('recado_simulator_webhook_attempts_total{outcome="refused"} 1');
    expect(metrics).toContain('recado_simulator_webhooks_pending 0');
  });

  test('a load starts, writes and stops', async () => {
    const { simulator, receiver, puppet } = await startPair();
    const started = await puppet('POST', '/load', { ratePerSecond: 200, customers: 5 });
    expect(await started.json()).toMatchObject({ running: true });
    await until('customers wrote', () => receiver.messages().length > 5);
    const stopped = (await (await puppet('DELETE', '/load')).json()) as { running: boolean; written: number };
    expect(stopped.running).toBe(false);
    await simulator.idle();
    expect(receiver.messages()).toHaveLength(stopped.written);
    expect((await puppet('POST', '/load', { ratePerSecond: -1 })).status).toBe(400);
  });

  test('a page of somebody else cannot pull the strings', async () => {
    const { url, simulator } = await startPair();
    const call = (origin: string) =>
      fetch(`${url}/_sim/customers/${customer}/messages`, {
        method: 'POST',
        headers: { origin },
        body: '{"text":"x"}',
      });
    expect((await call('https://elsewhere.test')).status).toBe(403);
    expect((await call('null')).status).toBe(403);
    expect(simulator.messages(customer)).toHaveLength(0);
    expect((await call(url)).status).toBe(201);
  });

  test('unknown puppet strings and unknown faults are refused in plain words', async () => {
    const { puppet } = await startPair();
    expect((await puppet('GET', '/nothing')).status).toBe(404);
    const response = await puppet('POST', '/faults', { gremlins: true });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid' });
  });
});
