import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import type { Logger } from '../logger.ts';
import { unacknowledged, type WebhookEntry } from '../webhook/durable-webhooks.ts';
import type { PhoneEntry } from './phones.ts';

export type JournalEntry = PhoneEntry | WebhookEntry;

export const isWebhookEntry = (entry: JournalEntry): entry is WebhookEntry =>
  entry.type === 'webhook' || entry.type === 'webhook-acknowledged';

/**
 * The simulator's memory on disk: one line of JSON per entry, appended. A crash may leave half a line at the end, which is
 * dropped. It is the demo's memory and not a store: lines are handed to the system without fsync.
 */
export const openJournal = (directory: string, logger: Logger) => {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'phones.jsonl');
  const entries = existsSync(file) ? readEntries(file, logger) : [];
  // Written anew at each start: whole lines only, and no more than are worth keeping.
  writeFileSync(`${file}.new`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  renameSync(`${file}.new`, file);
  const out = createWriteStream(file, { flags: 'a' });
  out.on('error', (error) => logger.error({ err: error }, 'the phones cannot be written down'));

  return {
    entries,
    record: (entry: JournalEntry): void => void out.write(`${JSON.stringify(entry)}\n`),
    close: async (): Promise<void> => {
      out.end();
      await finished(out);
    },
  };
};

const keepEntries = 100_000;

const readEntries = (file: string, logger: Logger): JournalEntry[] => {
  const entries: JournalEntry[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      entries.push(JSON.parse(line) as JournalEntry);
    } catch {
      logger.warn({ file }, 'dropped a broken line');
    }
  }
  const phones = entries.filter((entry) => !isWebhookEntry(entry));
  // Customers are few and needed by what follows; of the rest, the newest.
  const customers = phones.filter((entry) => entry.type === 'customer');
  const others = phones.filter((entry) => entry.type !== 'customer').slice(-keepEntries);
  return [...customers, ...others, ...unacknowledged(entries.filter(isWebhookEntry))];
};
