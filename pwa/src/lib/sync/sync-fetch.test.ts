import { describe, expect, it } from 'vitest';
import { pushBatch } from './replication.ts';
import { createConnection } from './connection.ts';
import { createSyncFetch } from './sync-fetch.ts';

const base = 'https://recado.test/sync';

function setUp(answers: (url: URL) => unknown) {
  const asked: URL[] = [];
  const connection = createConnection({
    random: () => 0,
    tell: () => undefined,
    wait: () => Promise.resolve(),
    fetch: (input, init) => {
      const url = new URL(input);
      asked.push(url);
      const answer = answers(url);
      if (answer !== undefined) return Promise.resolve(Response.json(answer));
      return new Promise((_, reject) =>
        init.signal!.addEventListener('abort', () => reject(new Error('cut'))),
      );
    },
  });
  return { asked, connection, fetch: createSyncFetch({ connection, base, epoch: 3 }) };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the fetch that RxDB is given', () => {
  it('begins the long poll where the pull ended, not now', async () => {
    const { asked, connection, fetch } = setUp((url) => {
      if (url.searchParams.get('feed') === 'longpoll') return undefined;
      return { results: [], last_seq: '42-abc' };
    });
    const live = fetch(
      `${base}/msg/_changes?style=all_docs&feed=longpoll&since=now&include_docs=true&limit=10`,
    );
    live.catch(() => undefined);
    await settled();
    expect(asked).toHaveLength(0);
    await fetch(`${base}/msg/_changes?style=all_docs&feed=normal&include_docs=true&since=0&limit=10`);
    await settled();
    const poll = asked.find((url) => url.searchParams.get('feed') === 'longpoll');
    expect(poll?.pathname).toBe('/sync/feed/_changes');
    expect(poll?.searchParams.get('since')).toBe('42-abc');
    connection.stop();
    await expect(live).rejects.toThrow();
  });

  it('does not take a full page for the end of the pull', async () => {
    const page = [1, 2].map((seq) => ({ id: `msg.${seq}`, seq, doc: {} }));
    const { asked, connection, fetch } = setUp((url) =>
      url.searchParams.get('feed') === 'normal' ? { results: page, last_seq: 2 } : undefined,
    );
    fetch(`${base}/msg/_changes?feed=longpoll&since=now&limit=2`).catch(() => undefined);
    await fetch(`${base}/msg/_changes?feed=normal&since=0&limit=2`);
    await settled();
    expect(asked.every((url) => url.searchParams.get('feed') === 'normal')).toBe(true);
    connection.stop();
  });

  it('names the epoch in every request and encodes keys whatever they hold', async () => {
    const { asked, fetch } = setUp(() => ({ rows: [] }));
    await fetch(`${base}/cmd/_all_docs?include_docs=true&keys=["cmd.a&b#c+d%e"]`);
    expect(asked[0]?.searchParams.get('epoch')).toBe('3');
    expect(JSON.parse(asked[0]!.searchParams.get('keys')!)).toEqual(['cmd.a&b#c+d%e']);
  });

  it('never pushes more than the gateway takes in one request', () => {
    const worst = JSON.stringify({
      _id: `cmd.${'d'.repeat(64)}.00000001`,
      deviceId: 'd'.repeat(64),
      n: 1,
      after: 1,
      type: 'SendMessage',
      target: 't'.repeat(200),
      data: {
        messageId: 'm'.repeat(64),
        content: { kind: 'text', body: '\u0001'.repeat(4_096) },
        replyTo: 'r'.repeat(200),
      },
      createdAt: '2026-01-01T00:00:00.000Z',
      seen: 1,
      status: 'pending',
      _deleted: false,
    });
    expect(pushBatch * new TextEncoder().encode(worst).length).toBeLessThan(1_000_000);
  });
});
