import { checkSchema } from 'rxdb/plugins/dev-mode';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import type { RxJsonSchema } from 'rxdb/plugins/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collections, documentSchemas } from '@recado/domain/wire/documents';
import { localSchemas } from './local-schemas.ts';
import { openDatabase } from './database.ts';

interface JsonSchema {
  properties: Record<string, { type?: string; maxLength?: number; enum?: string[]; minimum?: number }>;
  required: string[];
}
const wire = (name: (typeof collections)[number]): JsonSchema =>
  z.toJSONSchema(documentSchemas[name], { io: 'input' }) as unknown as JsonSchema;

describe('the local store agrees with the wire', () => {
  it.each([...collections])(
    '%s: what is indexed is always there, of the same type, and never longer',
    (name) => {
      const local = localSchemas[name] as unknown as JsonSchema & { primaryKey: string };
      const remote = wire(name);
      expect(local.primaryKey).toBe('id');
      for (const [field, { type, maxLength }] of Object.entries(local.properties)) {
        const there = remote.properties[field];
        expect(remote.required, `${field} is always sent`).toContain(field);
        expect(there?.type, field).toBe(type);
        if (type !== 'string') continue;
        const longest = there?.enum ? Math.max(...there.enum.map((value) => value.length)) : there?.maxLength;
        expect(longest, `${field} has a bound`).toBeTypeOf('number');
        expect(maxLength, field).toBeGreaterThanOrEqual(longest!);
      }
    },
  );

  it.each(Object.entries(localSchemas))('%s is a schema that RxDB accepts', (_name, schema) => {
    expect(() => checkSchema(schema as unknown as RxJsonSchema<Record<string, unknown>>)).not.toThrow();
  });

  it('stays under the number of collections that one tab can have open', () => {
    expect(Object.keys(localSchemas).length).toBeLessThan(8);
  });

  it('keeps fields that the schema does not name', async () => {
    const owner = { tenant: 'demo', userId: 'fields', epoch: 1 };
    const database = await openDatabase(owner, {
      storage: getRxStorageMemory(),
      withBoard: true,
      multiInstance: false,
    });
    const extra = {
      id: 'ref.queue.x',
      kind: 'queue',
      key: 'x',
      name: 'X',
      data: { deep: [1, { a: 'b' }] },
    } as const;
    await database.ref.insert(structuredClone(extra) as never);
    expect((await database.ref.findOne(extra.id).exec())?.toJSON()).toEqual(extra);
    await database.close();
  });
});
