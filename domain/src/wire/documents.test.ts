import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { canonicalJson, sha256Hex } from '../commit/chain.ts';
import { boardSchema, cmdSchema, collectionOf, convSchema, msgSchema, refSchema } from './documents.ts';

/**
 * Devices in the field hold documents of this shape. When a hash changes, raise the collection's schema version
 * on the device (with a migration, or a new mailbox epoch) and only then pin the new hash here.
 */
describe('the documents on the wire', () => {
  test.each([
    ['conv', convSchema],
    ['msg', msgSchema],
    ['ref', refSchema],
    ['board', boardSchema],
    ['cmd', cmdSchema],
  ])('%s has the shape that devices know', (name, schema) => {
    expect(sha256Hex(canonicalJson(z.toJSONSchema(schema, { io: 'input' }))).slice(0, 16)).toMatchSnapshot(
      name,
    );
  });

  test('the collection is told by the id', () => {
    expect(collectionOf('msg.n.c.000001.in-1')).toBe('msg');
    expect(collectionOf('message.x')).toBeNull();
    expect(collectionOf('_design/x')).toBeNull();
  });
});
