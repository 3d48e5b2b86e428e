import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const couch = { COUCHDB_URL: 'http://127.0.0.1:3004' };
const secret = { RECADO_SECRET: 'sixteen characters' };

describe('the configuration', () => {
  test('names what is missing or wrong', () => {
    expect(() => readConfig(secret)).toThrow('COUCHDB_URL');
    expect(() => readConfig(couch)).toThrow('RECADO_SECRET');
    expect(() => readConfig({ ...couch, RECADO_SECRET: 'short' })).toThrow('RECADO_SECRET');
    expect(() => readConfig({ ...couch, ...secret, RECADO_PORT: 'http' })).toThrow('RECADO_PORT');
    expect(() => readConfig({ COUCHDB_URL: 'file:///etc' })).toThrow('COUCHDB_URL');
  });

  test('listens on loopback and asks for secure cookies unless it is the demo', () => {
    expect(readConfig({ ...couch, ...secret })).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      secureCookies: true,
      demo: false,
    });
    expect(readConfig({ ...couch, RECADO_DEMO: '1' })).toMatchObject({ secureCookies: false, demo: true });
    expect(
      readConfig({ ...couch, RECADO_DEMO: '1', RECADO_PUBLIC_URL: 'https://recado.example' }).secureCookies,
    ).toBe(true);
    expect(
      readConfig({ ...couch, ...secret, RECADO_PUBLIC_URL: 'http://recado.internal' }).secureCookies,
    ).toBe(false);
  });
});
