import type { ChatEntry } from '../commands/merge.ts';

/** What the virtual list draws: messages in groups of one author, and a line where a new day begins. */
export type ChatItem =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'entry'; key: string; entry: ChatEntry; startsGroup: boolean };

const groupGap = 5 * 60_000;

export function chatItems(entries: readonly ChatEntry[], dayKey: (at: string) => string): ChatItem[] {
  const items: ChatItem[] = [];
  let day: string | null = null;
  let before: { author: string; at: number } | null = null;
  for (const entry of entries) {
    const at = entryAt(entry);
    const today = dayKey(at);
    if (today !== day) {
      items.push({ kind: 'day', key: `day-${today}-${entry.key}`, at });
      day = today;
      before = null;
    }
    const author = authorOf(entry);
    const time = Date.parse(at);
    items.push({
      kind: 'entry',
      key: entry.key,
      entry,
      startsGroup: !before || before.author !== author || time - before.at > groupGap,
    });
    before = { author, at: time };
  }
  return items;
}

export const entryAt = (entry: ChatEntry): string =>
  entry.kind === 'server' ? entry.message.at : entry.own.command.createdAt;

const authorOf = (entry: ChatEntry): string =>
  entry.kind === 'own'
    ? 'own'
    : `${entry.message.direction}.${entry.message.author.kind}.${entry.message.author.id}`;
