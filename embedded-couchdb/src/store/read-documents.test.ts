import { expect, it } from 'vitest';
import { idOf } from './read-documents.ts';

it.each([
  ['as PouchDB writes it', '{"a":1,"_id":"stream.1:00000001","_rev":"1-abc"}', 'stream.1:00000001'],
  ['of a tombstone', '{"_id":"gone","_rev":"2-abc","_deleted":true}', 'gone'],
  ['of an empty document', '{"_id":"only","_rev":"1-abc"}', 'only'],
  ['written first', '{"_id":"first","_rev":"1-abc","a":{"b":1}}', 'first'],
  [
    'written first, before one that looks like it',
    '{"_id":"own","_rev":"1-a","a":{"_id":"x","_rev":"1-b"}}',
    'own',
  ],
  ['after one that looks like it', '{"a":{"_id":"x","_rev":"1-b"},"_id":"own","_rev":"1-a"}', 'own'],
  [
    'beside a text that looks like it',
    '{"_id":"own","_rev":"1-a","a":"\\"_id\\":\\"x\\",\\"_rev\\":\\"1-b\\"}"}',
    'own',
  ],
  ['with attachments after it', '{"_id":"own","_rev":"1-a","_attachments":{"_id":{"stub":true}}}', 'own'],
  ['with quotes and backslashes', '{"_id":"a\\"b\\\\","_rev":"1-a"}', 'a"b\\'],
  ['beside a member that ends like it', '{"_id":"own","x\\"_id":"v","_rev":"1-a"}', 'own'],
  ['with letters of all kinds', '{"_id":"ñ👋","_rev":"1-a"}', 'ñ👋'],
])('the id of a stored document, %s', (_how, doc, id) => {
  expect(idOf(doc)).toBe(id);
});
