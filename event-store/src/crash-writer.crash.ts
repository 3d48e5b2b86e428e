import { emptyHead, type Head } from '@recado/domain/commit/chain';
import { appendFileSync } from 'node:fs';
import { connectCouch } from './couch/connect.ts';
import { createCouchEventStore } from './couch-event-store.ts';
import { StoreUnavailable, VersionConflict } from './event-store.ts';

/**
 * The writer of the crash test, a process of its own so that it can be killed. Appends to many streams at full
 * speed, and writes each acknowledged commit to a file before it goes on. (Written, not fsynced: what a killed
 * process has written, the system keeps.) On a fault it does what a service does: reads again, decides again.
 */
const [url = '', tenant = '', file = '', run = '', streamCount = '32'] = process.argv.slice(2);
const store = createCouchEventStore({ couch: connectCouch({ url, timeoutMs: 3_000 }), tenant });
let decisions = 0;

async function appendForEver(stream: string): Promise<never> {
  let head: Head | null = null;
  let nonce = `${run}-${++decisions}`;
  for (;;) {
    try {
      head ??= await readHead(stream, nonce);
      if (head === null) {
        // Found in the store after an append with an unknown outcome: decided already.
        nonce = `${run}-${++decisions}`;
        continue;
      }
      head = await store.append({
        stream,
        head,
        at: new Date().toISOString(),
        actor: { kind: 'system', id: 'crash-writer' },
        cause: { event: nonce },
        events: [{ type: 'NoteTaken', data: { nonce, text: 'x'.repeat(200) } }],
      });
      appendFileSync(file, `${stream}:${String(head.version).padStart(8, '0')} ${head.hash}\n`);
      nonce = `${run}-${++decisions}`;
    } catch (error) {
      if (!(error instanceof StoreUnavailable || error instanceof VersionConflict)) throw error;
      head = null;
    }
  }
}

/** Null when the commit with this nonce is there. */
async function readHead(stream: string, nonce: string): Promise<Head | null> {
  const commits = await store.read(stream);
  return commits.some((commit) => commit.events[0]?.data['nonce'] === nonce)
    ? null
    : (commits.at(-1) ?? emptyHead);
}

await Promise.all(
  Array.from({ length: Number(streamCount) }, (_, n) => appendForEver(`conversation.n.c${n}.000001`)),
);
