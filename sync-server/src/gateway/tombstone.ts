import { parseConversationId } from '@recado/domain/commit/stream-id';
import { emptyBoardRow } from '@recado/domain/wire/board-row';
import type { Collection, DocumentOf } from '@recado/domain/wire/documents';

type Body<Name extends Collection> = Omit<DocumentOf[Name], 'id'>;

const longAgo = new Date(0).toISOString();

/**
 * The fields of a removed document. A device validates what it pulls, removed or not, and keeps showing what it
 * could not validate; so every required field is there, told from the id or empty.
 */
export function tombstoneOf<Name extends Collection>(collection: Name, id: string): Body<Name> {
  const key = id.slice(collection.length + 1);
  const make: { [C in Collection]: () => Body<C> } = {
    conv: () => convTombstone(key),
    msg: () => msgTombstone(key),
    ref: () => ({ kind: 'queue', key: key.slice(key.indexOf('.') + 1).slice(0, 200), name: '', data: {} }),
    board: () => boardTombstone(key),
    cmd: () => cmdTombstone(key),
  };
  return make[collection]();
}

function convTombstone(conversationId: string): Body<'conv'> {
  const parts = parseConversationId(conversationId);
  return {
    conversationId: conversationId.slice(0, 200),
    numberId: parts?.numberId ?? '',
    numberName: '',
    contactId: parts?.contactId ?? '',
    contactName: null,
    contactPhone: null,
    queueId: null,
    phase: 'closed',
    agentId: null,
    openedAt: longAgo,
    assignedAt: null,
    closedAt: null,
    closeReason: null,
    lastMessageAt: longAgo,
    lastMessage: null,
    unread: 0,
    waitingSince: null,
    windowUntil: null,
    slaDueAt: null,
    version: 1,
  };
}

function msgTombstone(key: string): Body<'msg'> {
  // `<numberId>.<contactId>.<episode>.<messageId>`: only the last part may hold dots.
  const segments = key.split('.');
  return {
    conversationId: segments.slice(0, 3).join('.').slice(0, 200),
    messageId: segments.slice(3).join('.').slice(0, 200),
    direction: 'in',
    author: { kind: 'system', id: '' },
    content: { kind: 'text', body: '' },
    sortKey: longAgo,
    at: longAgo,
    replyTo: null,
    reactions: [],
    edited: false,
    revoked: false,
    delivery: null,
    media: null,
    commandId: null,
    version: 1,
  };
}

const boardTombstone = (key: string): Body<'board'> => ({
  ...emptyBoardRow('queue', key.slice(key.indexOf('.') + 1).slice(0, 200), ''),
  at: longAgo,
});

function cmdTombstone(key: string): Body<'cmd'> {
  const [deviceId = '', n = ''] = key.split('.');
  return {
    deviceId: /^[A-Za-z0-9_-]{8,64}$/.test(deviceId) ? deviceId : 'unknown-device',
    n: /^\d{1,12}$/.test(n) && Number(n) > 0 ? Number(n) : 1,
    after: null,
    type: 'MarkSeen',
    target: '',
    data: {},
    createdAt: longAgo,
    seen: null,
    status: 'rejected',
    code: 'invalid_command',
  };
}
