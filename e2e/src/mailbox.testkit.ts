import { expect } from 'vitest';
import type { OwnDemo } from '../../scripts/stack/start-demo.ts';
import { poll } from './device.testkit.ts';
import { sessionOf } from './session.testkit.ts';

/** More tombstones than the living, and than the 500 from which upkeep takes them for a weight. */
const weight = 600;

/** What months of closed conversations leave in a mailbox. The next upkeep finds it heavy and builds a new epoch. */
export async function weighDown(demo: OwnDemo, userId: string): Promise<void> {
  const name = `recado-demo-mb-${userId}-e${await epochOf(demo, userId)}`;
  const bulk = async (docs: object[]) => {
    const answer = await fetch(`${demo.urls.couchdb}/${name}/_bulk_docs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ docs }),
    });
    if (!answer.ok) throw new Error(`the store refused: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string; rev: string }[];
  };
  const born = await bulk(Array.from({ length: weight }, (_, n) => ({ _id: `weight.${n}` })));
  await bulk(born.map(({ id, rev }) => ({ _id: id, _rev: rev, _deleted: true })));
}

/** As the server says it. */
export async function epochOf({ urls }: OwnDemo, userId: string): Promise<number> {
  const { headers } = await sessionOf(urls.app, `${userId}@demo.test`);
  const session = (await (await fetch(`${urls.app}/api/session`, { headers })).json()) as {
    mailboxEpoch: number;
  };
  return session.mailboxEpoch;
}

/** A deployment: the sync-server is stopped and comes back, and looks after the mailboxes at once. */
export async function restartSyncServer(demo: OwnDemo): Promise<void> {
  const server = demo.children.find(({ name }) => name === 'sync-server')!;
  const before = server.restarts();
  process.kill(server.pid()!, 'SIGTERM');
  await poll(async () => {
    expect(server.restarts()).toBeGreaterThan(before);
    expect((await fetch(`${demo.urls.app}/readyz`)).status).toBe(200);
  }, 40_000);
}
