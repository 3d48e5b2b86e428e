import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const least = { COUCHDB_URL: 'http://127.0.0.1:5984', RECADO_SECRET: 'at least this long' };

test('what is not set has its default, and an empty variable is not set', () => {
  expect(readConfig({ ...least, RECADO_INGEST_PORT: '', RECADO_HOST: '' })).toMatchObject({
    RECADO_INGEST_PORT: 3001,
    RECADO_HOST: '127.0.0.1',
    META_GRAPH_URL: 'https://graph.facebook.com',
  });
});

test.each([
  ['no store', { RECADO_SECRET: least.RECADO_SECRET }, 'COUCHDB_URL'],
  ['no secret', { COUCHDB_URL: least.COUCHDB_URL }, 'RECADO_SECRET'],
  ['a short secret', { ...least, RECADO_SECRET: 'short' }, 'RECADO_SECRET'],
  ['a store that is no address', { ...least, COUCHDB_URL: 'localhost' }, 'COUCHDB_URL'],
  ['a port that is none', { ...least, RECADO_INGEST_PORT: '99999' }, 'RECADO_INGEST_PORT'],
])('%s is told by its name', (_what, environment, name) => {
  expect(() => readConfig(environment)).toThrow(name);
});

test('what is wrong is named without its value', () => {
  let said = '';
  try {
    readConfig({ ...least, RECADO_SECRET: 's3cret' });
  } catch (error) {
    said = String(error);
  }
  expect(said).toContain('RECADO_SECRET');
  expect(said).not.toContain('s3cret');
});
