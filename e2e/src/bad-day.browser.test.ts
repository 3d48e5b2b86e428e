import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo, type OwnDemo } from '../../scripts/stack/start-demo.ts';
import { poll } from './device.testkit.ts';

/**
 * A bad day: every process of the product is killed without warning, some of them twice, while customers write.
 * What was acknowledged to the provider must be there, once; what was not is delivered again by it.
 */
const seed = Number(process.env.BAD_DAY_SEED ?? Date.now() % 1_000_000);

describe(`a day on which everything is killed (BAD_DAY_SEED=${seed})`, () => {
  let demo: OwnDemo;
  const customers = 12;
  const each = 8;
  const phoneOf = (customer: number) => `5731500000${String(customer).padStart(2, '0')}`;
  const next = random(seed);

  beforeAll(async () => {
    // On the embedded store whatever is configured: it is one of those that are killed.
    demo = await startDemo({ env: { ...process.env, COUCHDB_URL: '', CLICKHOUSE_URL: '' } });
  });
  afterAll(() => demo.stop());

  const simulated = (path: string, init?: RequestInit) => fetch(`${demo.urls.simulator}/_sim/${path}`, init);
  const write = async (customer: number, text: string) => {
    const answer = await simulated(`customers/${phoneOf(customer)}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text, name: `Cliente ${customer}` }),
    });
    expect(answer.status).toBe(201);
  };
  const phoneShows = async (customer: number) =>
    (await (await simulated(`customers/${phoneOf(customer)}/messages`)).json()) as {
      direction: 'in' | 'out';
      text: string;
      ticks?: number;
    }[];

  test('each message is stored once, and each customer is greeted once', async () => {
    const victims = demo.children.filter(({ name }) => name !== 'simulator');
    for (let round = 0; round < each; round += 1) {
      const victim = victims[round % victims.length]!;
      for (let customer = 0; customer < customers; customer += 1) {
        await write(customer, `mensaje ${round} de ${customer}`);
        if (customer === Math.floor(next() * customers)) kill(victim.pid());
      }
    }

    const acknowledged = async () => {
      for (let customer = 0; customer < customers; customer += 1) {
        const written = (await phoneShows(customer)).filter(({ direction }) => direction === 'out');
        expect(written.map(({ ticks }) => ticks)).toEqual(Array.from({ length: each }, () => 2));
      }
    };
    await poll(acknowledged, 90_000);

    const stored = await storedMessages(demo);
    const texts = stored.map(({ body }) => body).sort();
    expect(texts).toEqual([...new Set(texts)]);
    expect(texts).toHaveLength(customers * each);
    expect(new Set(stored.map(({ conversation }) => conversation)).size).toBe(customers);

    await poll(async () => {
      for (let customer = 0; customer < customers; customer += 1) {
        const greetings = (await phoneShows(customer)).filter(({ direction }) => direction === 'in');
        expect(greetings.length, `greetings of ${customer}`).toBeLessThanOrEqual(1);
      }
      expect(await conversationsWithGreetingDecided(demo)).toBe(customers);
    }, 60_000);
  }, 240_000);
});

/** Straight from the store: whatever the services think, this is what is kept. */
async function commits(
  demo: OwnDemo,
): Promise<{ stream: string; events: { type: string; data: Record<string, unknown> }[] }[]> {
  const range = new URLSearchParams({
    include_docs: 'true',
    startkey: '"conversation."',
    endkey: '"conversation/"',
  });
  const { rows } = (await (
    await fetch(`${demo.urls.couchdb}/recado-demo-events/_all_docs?${range}`)
  ).json()) as {
    rows: { doc: { stream: string; events: { type: string; data: Record<string, unknown> }[] } }[];
  };
  return rows.map(({ doc }) => doc);
}

async function storedMessages(demo: OwnDemo): Promise<{ conversation: string; body: string }[]> {
  return (await commits(demo)).flatMap(({ stream, events }) =>
    events
      .filter(({ type }) => type === 'MessageReceived')
      .map(({ data }) => ({ conversation: stream, body: (data.content as { body: string }).body })),
  );
}

async function conversationsWithGreetingDecided(demo: OwnDemo): Promise<number> {
  const settled = new Set(['SendAccepted', 'SendUncertain', 'DeliveryReported']);
  const found = (await commits(demo)).filter(({ events }) => events.some(({ type }) => settled.has(type)));
  return new Set(found.map(({ stream }) => stream)).size;
}

function kill(pid: number | null): void {
  if (pid !== null) process.kill(pid, 'SIGKILL');
}

/** mulberry32: small, seeded, good enough to choose moments. */
function random(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
