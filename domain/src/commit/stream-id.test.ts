import { describe, expect, test } from 'vitest';
import { commitId, conversationId, conversationStream, parseConversationId, streamId } from './stream-id.ts';

describe('stream ids', () => {
  test('name the conversation by number, contact and episode, so that two first messages meet in one stream', () => {
    const id = conversationId({ numberId: '100', contactId: 'c1', episode: 12 });
    expect(id).toBe('100.c1.000012');
    expect(conversationStream(id)).toBe('conversation.100.c1.000012');
    expect(parseConversationId(id)).toEqual({ numberId: '100', contactId: 'c1', episode: 12 });
  });

  test('sort by version and episode as text', () => {
    expect(commitId('a', 9) < commitId('a', 10)).toBe(true);
  });

  test.each(['a.b', 'a:b', 'a/b', '', 'a b', 'á', '%41'])('refuse the unsafe segment %j', (segment) => {
    expect(() => streamId('conversation', segment)).toThrow('unsafe');
    expect(parseConversationId(`100.${segment}.000001`)).toBeNull();
  });
});
