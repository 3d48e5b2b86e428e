import { collections, documentSchemas } from '@recado/domain/wire/documents';
import { describe, expect, test } from 'vitest';
import { refusedDocument, shownDocument } from './shown-document.ts';
import { tombstoneOf } from './tombstone.ts';

describe('a tombstone', () => {
  test.each([
    ['conv', 'conv.100.c1.000001'],
    ['msg', 'msg.100.c1.000001.message.with.dots'],
    ['ref', 'ref.queue.general'],
    ['board', 'board.agent.ana'],
    ['cmd', 'cmd.device-01.00000042'],
  ] as const)('of %s has every field that the wire requires', (collection, id) => {
    const body = { id, ...tombstoneOf(collection, id) };
    expect(documentSchemas[collection].strict().parse(body)).toEqual(body);
  });

  test('is valid for ids of any kind', () => {
    for (const collection of collections)
      for (const key of ['', 'x', '....', 'a'.repeat(390), 'cmd.0', '%00', '😀'])
        expect(
          documentSchemas[collection].safeParse({
            id: `${collection}.${key}`.slice(0, 400),
            ...tombstoneOf(collection, `${collection}.${key}`),
          }).success,
        ).toBe(true);
  });

  test('tells the conversation it belonged to', () => {
    expect(tombstoneOf('msg', 'msg.100.c1.000001.m.1')).toMatchObject({
      conversationId: '100.c1.000001',
      messageId: 'm.1',
    });
  });

  test('keeps nothing of what the document held, and what a replicator needs', () => {
    const shown = shownDocument({
      _id: 'conv.1.c.000001',
      _rev: '2-b',
      _deleted: true,
      _revisions: { start: 2, ids: ['b', 'a'] },
      contactName: 'Ana',
    });
    expect(shown).toMatchObject({ _rev: '2-b', _deleted: true, contactName: null, _revisions: { start: 2 } });
    expect(shown).not.toHaveProperty('id');
  });

  test('stands for a refused document that never was', () => {
    expect(refusedDocument('cmd', 'cmd.x')).toMatchObject({
      _id: 'cmd.x',
      _deleted: true,
      status: 'rejected',
    });
  });
});
