import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from './config.ts';

it('the configuration has defaults that suit a machine with nothing set', () => {
  expect(readConfig({})).toEqual({ directory: join('data', 'couchdb'), port: 3004 });
  expect(readConfig({ RECADO_DATA: '/srv/recado', RECADO_COUCHDB_PORT: '0' })).toEqual({
    directory: '/srv/recado/couchdb',
    port: 0,
  });
});

it('the configuration names what is wrong with it', () => {
  expect(() => readConfig({ RECADO_COUCHDB_PORT: 'many' })).toThrow(/RECADO_COUCHDB_PORT/);
  expect(() => readConfig({ RECADO_COUCHDB_PORT: '70000' })).toThrow(/RECADO_COUCHDB_PORT/);
  expect(() => readConfig({ RECADO_COUCHDB_HOST: '0.0.0.0' })).toThrow(/RECADO_COUCHDB_HOST/);
});
