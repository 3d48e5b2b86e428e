import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('nothing set is the demo', () => {
  expect(readConfig({})).toMatchObject({
    port: 3003,
    host: '127.0.0.1',
    webhookUrl: 'http://127.0.0.1:3001/webhooks/meta',
    numbers: [{ phoneNumberId: '100000000000001', wabaId: '200000000000001', appSecret: 'demo-app-secret' }],
  });
});

test('ingest is found by port, by origin or by its whole address', () => {
  expect(readConfig({ RECADO_INGEST_PORT: '4001' }).webhookUrl).toBe('http://127.0.0.1:4001/webhooks/meta');
  expect(readConfig({ RECADO_INGEST_URL: 'http://ingest:80' }).webhookUrl).toBe(
    'http://ingest/webhooks/meta',
  );
  expect(readConfig({ RECADO_INGEST_URL: 'http://ingest/webhooks/meta/1' }).webhookUrl).toBe(
    'http://ingest/webhooks/meta/1',
  );
});

test('a port that is none is a clear error', () => {
  expect(() => readConfig({ RECADO_SIMULATOR_PORT: 'many' })).toThrow(/RECADO_SIMULATOR_PORT/);
});
