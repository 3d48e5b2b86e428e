import type { ConversationEvent } from '@recado/domain/conversation/events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  customerText,
  type Device,
  startTestServer,
  type TestServer,
  until,
} from '../sync-server.testkit.ts';

interface Page {
  results: { id: string; seq: string; deleted?: boolean }[];
  last_seq: string;
}

let kit: TestServer;
let ana: Device;
let conversation: string;
beforeAll(async () => {
  kit = await startTestServer();
  await kit.addUser('ana', ['agent']);
  await kit.addUser('bruno', ['agent']);
  await kit.addUser('boss', ['supervisor']);
  ana = await kit.login('ana');
  conversation = await kit.assigned('f1', 'ana');
  await kit.tenant.worker.upkeep();
  await kit.settled();
});
afterAll(() => kit.stop());

const end = async (collection = 'conv'): Promise<string> =>
  (await ana.json<Page>(`/sync/${collection}/_changes?since=now`)).last_seq;
const movesTo = (name: string): ConversationEvent[] => [
  {
    type: 'ConversationTransferred',
    data: { fromAgentId: kit.userId('ana'), to: { agentId: kit.userId(name) } },
  },
  {
    type: 'ConversationAssigned',
    data: { agentId: kit.userId(name), queueId: 'general', reason: 'transferred' },
  },
];
let texts = 0;
const customerWrites = () => kit.happen(conversation, customerText(`feed-${(texts += 1)}`, 'más'));

describe('the feed of changes', () => {
  test('collections share one sequence: a page of one moves past rows of the others', async () => {
    const before = await end('conv');
    await customerWrites();
    await kit.settled();
    const ref = await ana.json<Page>(`/sync/ref/_changes?since=${before}`);
    expect(ref.results).toEqual([]);
    expect(ref.last_seq).toBe(await end('msg'));
  });

  test('a limit is filled from later pages when rows of others lie between', async () => {
    for (let index = 0; index < 5; index++) await customerWrites();
    await kit.settled();
    const seen: string[] = [];
    for (let since = '0', page: Page; ; since = page.last_seq) {
      page = await ana.json<Page>(`/sync/msg/_changes?since=${since}&limit=2`);
      seen.push(...page.results.map((row) => row.id));
      if (page.results.length < 2) break;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(texts + 1);
  });

  test('a first pull gives a small collection as it is now; what was removed or comes later is told after it', async () => {
    const gone = await kit.assigned('f-gone', 'ana');
    const kept = await kit.assigned('f-kept', 'ana');
    await kit.settled();
    const before = await ana.json<Page>('/sync/conv/_changes?include_docs=true');
    expect(before.results.map(({ id }) => id)).toEqual(
      expect.arrayContaining([`conv.${gone}`, `conv.${kept}`]),
    );
    await kit.happen(gone, ...movesTo('bruno'));
    await kit.settled();
    const after = await ana.json<Page>('/sync/conv/_changes?include_docs=true');
    expect(after.results.map(({ id }) => id)).not.toContain(`conv.${gone}`);
    const missed = await ana.json<Page>(`/sync/conv/_changes?since=${before.last_seq}`);
    expect(missed.results).toMatchObject([{ id: `conv.${gone}`, deleted: true }]);
  });

  test('a first pull that does not fit into one answer goes on where it stopped', async () => {
    const whole = await ana.json<Page>('/sync/conv/_changes');
    expect(whole.results.length).toBeGreaterThan(1);
    const seen: string[] = [];
    for (let since = '0', page: Page; ; since = page.last_seq) {
      page = await ana.json<Page>(`/sync/conv/_changes?since=${since}&limit=1`);
      seen.push(...page.results.filter(({ deleted }) => !deleted).map(({ id }) => id));
      if (page.results.length < 1) break;
    }
    expect(seen.sort()).toEqual(whole.results.map(({ id }) => id).sort());
  });

  test('a longpoll wakes for a change of its collection', async () => {
    const since = await end('msg');
    const waiting = ana.json<Page>(`/sync/msg/_changes?feed=longpoll&since=${since}&heartbeat=60000`);
    await customerWrites();
    expect((await waiting).results).toHaveLength(1);
  });

  test('no wake-up is lost, whenever the change comes', async () => {
    for (let round = 0; round < 15; round++) {
      const since = await end('msg');
      const writing = customerWrites();
      const page = await ana.json<Page>(`/sync/msg/_changes?feed=longpoll&since=${since}&timeout=8000`);
      expect(page.results.length, `round ${round}`).toBeGreaterThan(0);
      await writing;
    }
  });

  test('a longpoll ends empty at its timeout, and other collections do not wake it', async () => {
    const since = await end('ref');
    const waiting = ana.json<Page>(`/sync/ref/_changes?feed=longpoll&since=${since}&timeout=300`);
    await customerWrites();
    expect((await waiting).results).toEqual([]);
  });

  test("the common feed tells of all of the person's collections", async () => {
    const since = await end('feed');
    const waiting = ana.json<Page>(
      `/sync/feed/_changes?feed=longpoll&since=${since}&include_docs=true&heartbeat=60000`,
    );
    await customerWrites();
    const { results } = await waiting;
    const later = await until(async () => {
      const page = await ana.json<Page>(`/sync/feed/_changes?since=${since}`);
      return page.results.length >= 2 ? page : null;
    }, 'conversation and message');
    expect(new Set([...results, ...later.results].map((row) => row.id.split('.')[0]))).toEqual(
      new Set(['conv', 'msg']),
    );
  });

  test('who waits is answered as who asks: from any place, in any style, removed documents too', async () => {
    const places = [await end('feed')];
    // Opens the mailbox's feed, which remembers what comes from here on.
    await ana.json(`/sync/feed/_changes?feed=longpoll&since=${places[0]}&timeout=1`);
    const note = async () => {
      await kit.settled();
      places.push(await end('feed'));
    };
    await customerWrites();
    await note();
    await customerWrites();
    await customerWrites();
    await note();
    const moved = await kit.assigned('f-moved', 'ana');
    await note();
    await kit.happen(moved, ...movesTo('bruno'));
    await note();
    for (const since of places)
      for (const collection of ['feed', 'msg', 'conv'])
        for (const style of [
          'main_only&include_docs=true',
          'all_docs&include_docs=true',
          'all_docs&limit=1',
        ]) {
          const asked = `/sync/${collection}/_changes?since=${since}&style=${style}`;
          const answer = await ana.json<Page>(asked);
          const waited = await ana.json<Page>(`${asked}&feed=longpoll&timeout=1`);
          expect(waited.results, asked).toEqual(answer.results);
          // A full page may end at its last row or, when nothing more is ours, further on.
          if (!asked.includes('limit')) expect(waited.last_seq, asked).toBe(answer.last_seq);
        }
    const { results } = await ana.json<Page>(`/sync/feed/_changes?since=${places[3]}&feed=longpoll`);
    expect(results.filter((row) => row.deleted).map((row) => row.id.split('.')[0])).toContain('conv');
  });

  test('a continuous feed sends a line for each change, and heartbeats', async () => {
    const since = await end('msg');
    const response = await ana.fetch(
      `/sync/msg/_changes?feed=continuous&since=${since}&heartbeat=1000&limit=2`,
    );
    await customerWrites();
    await customerWrites();
    const lines = (await response.text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { id?: string });
    expect(lines.filter((line) => line.id?.startsWith('msg.'))).toHaveLength(2);
    expect(lines.at(-1)).toHaveProperty('last_seq');
  });

  test('a longpoll ends when the session does', async () => {
    const phone = await kit.login('ana');
    const since = await end();
    const waiting = phone.json<Page>(`/sync/conv/_changes?feed=longpoll&since=${since}&heartbeat=60000`);
    await until(async () => (await kit.openRequests()) > 0, 'the longpoll to wait');
    await phone.fetch('/api/session', { method: 'DELETE' });
    expect((await waiting).results).toEqual([]);
    expect((await phone.fetch('/sync/conv/_changes')).status).toBe(401);
  });

  test('a longpoll ends when the mailbox is rebuilt', async () => {
    const since = await end();
    const waiting = ana.json<Page>(`/sync/conv/_changes?feed=longpoll&since=${since}&heartbeat=60000`);
    await until(async () => (await kit.openRequests()) > 0, 'the longpoll to wait');
    await kit.tenant.worker.rotateMailbox(kit.userId('ana'));
    expect((await waiting).results).toEqual([]);
  });

  test('answers are compressed for those who ask, waiting ones too', async () => {
    const response = await ana.fetch('/sync/msg/_changes?include_docs=true', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const since = await end('msg');
    const waiting = ana.fetch(
      `/sync/msg/_changes?feed=longpoll&since=${since}&heartbeat=60000&include_docs=true`,
      {
        headers: { 'accept-encoding': 'gzip' },
      },
    );
    await customerWrites();
    const page = (await (await waiting).json()) as Page;
    expect(page.results).toHaveLength(1);
  });
});
