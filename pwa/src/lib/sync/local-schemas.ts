import type { RxJsonSchema } from 'rxdb/plugins/core';
import type { BoardDoc, CmdDoc, ConvDoc, MsgDoc, RefDoc } from '@recado/domain/wire/documents';

/**
 * What the local store must know of each document: its primary key and the fields it is indexed by. The rest of
 * a document is stored as it came, so a new field on the wire never invalidates the store of a device that holds
 * unsent work. `local-schemas.test.ts` proves that what stands here agrees with the wire's own schemas.
 *
 * Dexie needs every indexed field present in every document; RxDB needs their lengths and ranges.
 */
const id = { type: 'string', maxLength: 400 } as const;
const key = { type: 'string', maxLength: 200 } as const;

export const localSchemas = {
  conv: {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: {
      id,
      lastMessageAt: { type: 'string', maxLength: 30 },
      phase: { type: 'string', maxLength: 10 },
    },
    required: ['id', 'lastMessageAt', 'phase'],
    indexes: ['lastMessageAt', ['phase', 'lastMessageAt']],
  } as unknown as RxJsonSchema<ConvDoc>,
  msg: {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id, conversationId: key, sortKey: key },
    required: ['id', 'conversationId', 'sortKey'],
    indexes: [['conversationId', 'sortKey']],
  } as unknown as RxJsonSchema<MsgDoc>,
  ref: {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id },
    required: ['id'],
  } as unknown as RxJsonSchema<RefDoc>,
  board: {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id },
    required: ['id'],
  } as unknown as RxJsonSchema<BoardDoc>,
  cmd: {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: {
      id,
      n: { type: 'integer', minimum: 1, maximum: 99_999_999, multipleOf: 1 },
      status: { type: 'string', maxLength: 10 },
    },
    required: ['id', 'n', 'status'],
    indexes: ['n', ['status', 'n']],
  } as unknown as RxJsonSchema<CmdDoc>,
  local: {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id },
    required: ['id'],
  } as unknown as RxJsonSchema<LocalDoc>,
};

/** What stays on this device: the queue of commands, drafts, what was put aside. Never replicated. */
export interface LocalDoc {
  id: string;
  [field: string]: unknown;
}
