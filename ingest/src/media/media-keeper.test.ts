import { createHash } from 'node:crypto';
import type { NumberSettings } from '@recado/domain/settings/settings';
import { day, minute } from '@recado/domain/time';
import { afterEach, expect, test } from 'vitest';
import {
  lucia,
  memoryStores,
  messageFrom,
  messages,
  number,
  startTestIngest,
  tenantId,
  until,
  type TestIngest,
} from '../ingest.testkit.ts';
import type { DownloadAnswer, GraphClient } from '../meta/graph-client.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const hash = createHash('sha256').update(png).digest('hex');
const file = (bytes: Buffer = png, sha256 = hash): DownloadAnswer => ({
  kind: 'file',
  body: new Blob([new Uint8Array(bytes)]).stream(),
  mime: 'image/png',
  sha256,
});

let kit: TestIngest | undefined;
afterEach(async () => {
  await kit?.stop();
  kit = undefined;
});

async function start(...script: DownloadAnswer[]) {
  return startWith(number({ greeting: null }), ...script);
}
async function startWith(
  configured: NumberSettings,
  ...script: DownloadAnswer[]
): Promise<{ running: TestIngest; asked: string[] }> {
  const asked: string[] = [];
  const graph: GraphClient = {
    send: async () => ({ kind: 'accepted', providerId: 'wamid.OUT' }),
    upload: async () => ({ kind: 'uploaded', mediaId: '1' }),
    async download(_token, mediaId) {
      asked.push(mediaId);
      return script.shift() ?? { kind: 'unanswered', reason: 'timeout' };
    },
  };
  kit = await startTestIngest({ graph, number: configured });
  return { running: kit, asked };
}
const image = (id?: string) =>
  messages(
    lucia,
    messageFrom(lucia, {
      id: 'wamid.IMG',
      type: 'image',
      image: { ...(id ? { id } : {}), mime_type: 'image/png' },
    }),
  );
const mediaOf = async (running: TestIngest) => {
  const [message] = Object.values((await running.conversation()).messages);
  return message?.direction === 'in' ? message.media : undefined;
};
const later = async (running: TestIngest, wait: number): Promise<void> => {
  running.clock.now += wait;
  await running.ingest.tenant(tenantId)?.tick();
  await running.settled();
};

test('a file is fetched when its message comes, and kept under its hash', async () => {
  const { running, asked } = await start(file());
  await running.post(image('m-1'));
  await running.settled();
  expect(await mediaOf(running)).toEqual({ mediaHash: hash, mime: 'image/png', bytes: png.length });
  await running.post(image('m-1'));
  await later(running, day);
  expect(asked).toEqual(['m-1']);
});

test('a number that may not send still fetches what customers send', async () => {
  const { running } = await startWith(number({ state: 'paused' }), file());
  await running.post(image('m-1'));
  await running.settled();
  expect(await mediaOf(running)).toMatchObject({ mediaHash: hash });
});

test('one that cannot be had now is fetched later', async () => {
  const { running, asked } = await start(
    { kind: 'unsent', reason: 'ECONNREFUSED' },
    file(png, 'b'.repeat(64)),
    file(),
  );
  await running.post(image('m-1'));
  await running.settled();
  expect(await mediaOf(running)).toBeUndefined();
  await later(running, minute);
  expect(await mediaOf(running)).toBeUndefined();
  await later(running, 5 * minute);
  expect(await mediaOf(running)).toMatchObject({ mediaHash: hash });
  expect(asked).toHaveLength(3);
});

test('one that the provider no longer has is lost, and said to be', async () => {
  const { running } = await start({ kind: 'refused', status: 400, code: 100 });
  await running.post(image('m-1'));
  await running.settled();
  expect(await mediaOf(running)).toEqual({ lost: 'refused_100' });
});

test.each([
  ['no id', undefined, 'no_media_id', []],
  [
    'bytes that could run in a browser',
    'm-1',
    'type_not_allowed',
    [file(Buffer.from('<svg onload="x"/>'), createHash('sha256').update('<svg onload="x"/>').digest('hex'))],
  ],
])('one with %s is lost', async (_what, id, reason, script) => {
  const { running } = await start(...script);
  await running.post(image(id));
  await running.settled();
  expect(await mediaOf(running)).toEqual({ lost: reason });
});

test('after six days of trying it is given up', async () => {
  const { running } = await start();
  await running.post(image('m-1'));
  await running.settled();
  for (let hours = 0; hours < 7 * 24; hours += 12) await later(running, day / 2);
  expect(await mediaOf(running)).toEqual({ lost: 'timeout' });
});

test('a process that dies while fetching leaves the file to the next one', async () => {
  const stores = memoryStores();
  const answer = Promise.withResolvers<DownloadAnswer>();
  let asked = 0;
  const hanging: GraphClient = {
    send: async () => ({ kind: 'accepted', providerId: 'wamid.OUT' }),
    upload: async () => ({ kind: 'uploaded', mediaId: '1' }),
    download: () => (asked++, answer.promise),
  };
  const first = await startTestIngest({ stores, graph: hanging, number: number({ greeting: null }) });
  await first.post(image('m-1'));
  await until(() => asked === 1);
  const graph: GraphClient = { ...hanging, download: async () => file() };
  kit = await startTestIngest({
    stores: { ...stores, leases: memoryStores().leases },
    graph,
    configured: true,
  });
  const running = kit;
  await later(running, minute);
  await until(async () => (await mediaOf(running)) !== undefined);
  answer.resolve({ kind: 'unanswered', reason: 'gone' });
  await first.stop();
});
