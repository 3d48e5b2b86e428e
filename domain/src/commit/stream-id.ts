import { assert } from '../must.ts';

/**
 * Stream ids name what they hold: `conversation.<numberId>.<contactId>.<episode, 6 digits>`, `contact.<id>`,
 * `agent.<userId>`, `settings.<kind>.<id>`, `access.<userId>`, `parked.<key>`.
 * Segments are URL-safe and hold no dot: RxDB sends ids unescaped in one request, and dots separate segments.
 */
const segment = /^[A-Za-z0-9_-]{1,160}$/;

export function streamId(...segments: string[]): string {
  for (const part of segments) assert(segment.test(part), `unsafe stream segment: ${part}`);
  return segments.join('.');
}

export const isSegment = (text: string): boolean => segment.test(text);

export interface ConversationKey {
  numberId: string;
  contactId: string;
  /** 1 for the first conversation of this contact on this number. */
  episode: number;
}

/** The conversation's public id is its stream without the kind: `<numberId>.<contactId>.<episode>`. */
export const conversationId = ({ numberId, contactId, episode }: ConversationKey): string =>
  streamId(numberId, contactId, String(episode).padStart(6, '0'));
export const conversationStream = (id: string): string => `conversation.${id}`;
export const conversationIdOf = (stream: string): string => stream.slice('conversation.'.length);
export const isConversationStream = (stream: string): boolean => stream.startsWith('conversation.');
/** Every episode of one contact on one number lies in this range of stream ids. */
export const episodesPrefix = (numberId: string, contactId: string): string =>
  `${streamId('conversation', numberId, contactId)}.`;

export function parseConversationId(id: string): ConversationKey | null {
  const [numberId, contactId, episode, ...rest] = id.split('.');
  if (!numberId || !contactId || !episode || rest.length > 0) return null;
  if (!isSegment(numberId) || !isSegment(contactId) || !/^\d{6}$/.test(episode)) return null;
  return { numberId, contactId, episode: Number(episode) };
}

export const contactStream = (contactId: string): string => streamId('contact', contactId);
export const agentStream = (userId: string): string => streamId('agent', userId);
export const accessStream = (userId: string): string => streamId('access', userId);
export const settingsStream = (kind: string, id: string): string => streamId('settings', kind, id);
export const parkedStream = (key: string): string => streamId('parked', key);

export const commitId = (stream: string, version: number): string =>
  `${stream}:${String(version).padStart(8, '0')}`;
