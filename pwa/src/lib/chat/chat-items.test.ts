import { describe, expect, it } from 'vitest';
import type { ChatEntry } from '../commands/merge.ts';
import { chatItems } from './chat-items.ts';

const entry = (key: string, at: string, author = 'customer'): ChatEntry =>
  ({
    kind: 'server',
    key,
    message: { at, direction: author === 'customer' ? 'in' : 'out', author: { kind: author, id: author } },
  }) as ChatEntry;
const days = (at: string) => at.slice(0, 10);
const shape = (entries: ChatEntry[]) =>
  chatItems(entries, days).map((item) =>
    item.kind === 'day' ? item.at.slice(0, 10) : `${item.key}${item.startsGroup ? '*' : ''}`,
  );

describe('the list of a chat', () => {
  it('draws a line where a day begins', () => {
    expect(shape([entry('a', '2026-01-01T10:00:00.000Z'), entry('b', '2026-01-02T09:00:00.000Z')])).toEqual([
      '2026-01-01',
      'a*',
      '2026-01-02',
      'b*',
    ]);
  });
  it('groups what one author wrote in a few minutes', () => {
    expect(
      shape([
        entry('a', '2026-01-01T10:00:00.000Z'),
        entry('b', '2026-01-01T10:04:00.000Z'),
        entry('c', '2026-01-01T10:10:00.000Z'),
        entry('d', '2026-01-01T10:10:01.000Z', 'agent'),
      ]),
    ).toEqual(['2026-01-01', 'a*', 'b', 'c*', 'd*']);
  });
});
