import { describe, expect, it } from 'vitest';
import { createConnection, SyncFault, SyncStopped, type ConnectionNews } from './connection.ts';

function setUp(answer: (url: string, signal: AbortSignal) => Promise<Response>) {
  const waits: number[] = [];
  const news: ConnectionNews[] = [];
  let open = 0;
  let most = 0;
  const connection = createConnection({
    random: () => 1,
    tell: (item) => news.push(item),
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    fetch: async (url, init) => {
      most = Math.max(most, ++open);
      try {
        return await answer(url, init.signal!);
      } finally {
        open -= 1;
      }
    },
  });
  return { connection, waits, news, most: () => most };
}
const ok = () => Promise.resolve(Response.json({ fine: true }));
const hanging = (_url: string, signal: AbortSignal) =>
  new Promise<Response>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the sync connection', () => {
  it('takes any answer that is not 2xx for a failure, and waits longer each time', async () => {
    const { connection, waits, news } = setUp(() => Promise.resolve(Response.json({}, { status: 500 })));
    for (let n = 0; n < 4; n++)
      await expect(connection.request('work', 'x')).rejects.toBeInstanceOf(SyncFault);
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(news.at(-1)).toEqual({ kind: 'trouble', failures: 4 });
  });

  it('takes an answer whose body breaks off for a failure', async () => {
    const { connection } = setUp(() => Promise.resolve(new Response('{"half":')));
    await expect(connection.request('work', 'x')).rejects.toBeInstanceOf(SyncFault);
  });

  it('forgets failures with the first good answer', async () => {
    let good = false;
    const { connection, waits } = setUp(() => (good ? ok() : Promise.reject(new TypeError('network'))));
    await expect(connection.request('work', 'x')).rejects.toThrow('unreachable');
    good = true;
    expect(await connection.request('work', 'x')).toEqual({ fine: true });
    await connection.request('work', 'x');
    expect(waits).toEqual([1_000]);
  });

  it('has one request open in each lane', async () => {
    const { connection, most } = setUp(async () => {
      await settled();
      return ok();
    });
    await Promise.all(
      [1, 2, 3, 4].flatMap(() => [connection.request('work', 'x'), connection.request('feed', 'y')]),
    );
    expect(most()).toBe(2);
  });

  it.each([
    [401, 'signed_out'],
    [403, 'forbidden'],
    [410, 'epoch_changed'],
  ] as const)('tells of %i once and asks nothing more until it is stopped', async (status, refusal) => {
    let asked = 0;
    const { connection, news } = setUp(() => {
      asked += 1;
      return Promise.resolve(Response.json({}, { status }));
    });
    const requests = [connection.request('work', 'x'), connection.request('work', 'x')];
    requests.forEach((request) => request.catch(() => undefined));
    await settled();
    expect(asked).toBe(1);
    expect(news).toEqual([{ kind: 'refused', refusal }]);
    connection.stop();
    for (const request of requests) await expect(request).rejects.toBeInstanceOf(SyncStopped);
  });

  it('looks again at once when it is told that the network may have changed, without counting a failure', async () => {
    const { connection, news, waits } = setUp(hanging);
    const request = connection.request('feed', 'x');
    request.catch(() => undefined);
    await settled();
    connection.probe();
    await expect(request).rejects.toThrow('probing');
    expect([news, waits]).toEqual([[], []]);
  });

  it('ends what is open when it is stopped, and starts nothing after', async () => {
    const { connection } = setUp(hanging);
    const request = connection.request('feed', 'x');
    request.catch(() => undefined);
    await settled();
    connection.stop();
    await expect(request).rejects.toBeInstanceOf(SyncStopped);
    await expect(connection.request('work', 'x')).rejects.toBeInstanceOf(SyncStopped);
  });
});
