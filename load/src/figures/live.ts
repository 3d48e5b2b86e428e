import type { Page } from 'playwright-core';
import { connectDevice } from '../api-device.ts';
import { newTablet, submitLogin, withBrowser } from '../browser.ts';
import { gatherCrew } from '../crew.ts';
import { startDemo, until, type Demo } from '../demo.ts';
import { percentile, round, type Figure } from '../figure.ts';
import { atRate, createWhatsApp } from '../whatsapp.ts';

interface LiveLoad {
  agents: number;
  perSecond: number;
  seconds: number;
}

/**
 * From the moment a customer's message leaves to the moment a person can see it: one real browser among many
 * connected devices, while messages come for all of them. Every tenth is for the chat that is open in it.
 */
export async function measureLive({ agents, perSecond, seconds }: LiveLoad): Promise<Figure[]> {
  const demo = await startDemo();
  try {
    const [first, ...others] = await gatherCrew(demo, { agents, capacity: 5 });
    const devices = [];
    for (const email of others) devices.push(await connectDevice(demo.urls.app, email));
    const { delays, lag } = await withBrowser(async (browser) => {
      const { page } = await newTablet(browser);
      await submitLogin(page, demo.urls.app, first!);
      const whatsApp = createWhatsApp(demo.urls);
      const customers = agents * 5;
      await atRate(30, customers, (customer) => whatsApp.write(customer, 'hola'));
      const mine = await openFirstChat(page);
      await recordArrivals(page);
      await atRate(perSecond, perSecond * seconds, (index) =>
        index % 10 === 0
          ? whatsApp.write(mine, `sent-at ${Date.now()} ${index}`)
          : whatsApp.write(other(index, customers, mine), 'otro mensaje'),
      );
      const expected = Math.ceil((perSecond * seconds) / 10);
      await until('every message is visible', async () => (await arrivals(page)).length >= expected);
      return { delays: await arrivals(page), lag: await warehouseLag(demo) };
    });
    await Promise.all(devices.map((device) => device.stop()));
    const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)];
    return [
      {
        what: `webhook → visible in a real browser, ${agents} agents connected, ${perSecond} messages/s: p50, p99`,
        wanted: '≤ 150 ms, ≤ 600 ms',
        measured: `${round(p50)} ms, ${round(p99)} ms (${delays.length} messages)`,
        met: p50 <= 150 && p99 <= 600,
        values: { p50, p99, max: Math.max(...delays), messages: delays.length },
      },
      {
        what: `ETL: lag from event to row at ${perSecond} messages/s, p99`,
        wanted: '≤ 2 s',
        measured: `≤ ${lag} s`,
        met: lag <= 2,
        values: { p99AtMost: lag },
      },
    ];
  } finally {
    await demo.stop();
  }
}

const other = (index: number, customers: number, mine: number): number => {
  const customer = (index * 7) % customers;
  return customer === mine ? (customer + 1) % customers : customer;
};

/** Opens the first chat of the list and says whose it is. Customers are named by their number. */
async function openFirstChat(page: Page): Promise<number> {
  const item = page.getByTestId('conversation-item').first();
  await item.waitFor();
  const customer = Number(/Cliente (\d+)/.exec(await item.innerText())?.[1]);
  await item.click();
  await page.getByTestId('message').first().waitFor();
  return customer;
}

/** Notes, for each message that says when it was sent, how long it took until it was painted. */
async function recordArrivals(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = new Set<string>();
    const delays: number[] = [];
    (window as unknown as { delays: number[] }).delays = delays;
    const look = () => {
      for (const element of document.querySelectorAll('[data-testid="message"]')) {
        const match = /sent-at (\d+) (\d+)/.exec(element.textContent ?? '');
        if (!match || seen.has(match[2]!)) continue;
        seen.add(match[2]!);
        requestAnimationFrame(() => delays.push(Date.now() - Number(match[1])));
      }
    };
    new MutationObserver(look).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
}

const arrivals = (page: Page): Promise<number[]> =>
  page.evaluate(() => (window as unknown as { delays: number[] }).delays);

/** Upper bound of the lag's p99, s: the bucket of the service's own histogram in which it lies. */
async function warehouseLag(demo: Demo): Promise<number> {
  const text = await (await fetch(`${demo.urls.analytics}/metrics`)).text();
  const buckets = [...text.matchAll(/^recado_etl_lag_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} (\d+)$/gm)]
    .map(([, le, count]) => ({ le: le === '+Inf' ? Infinity : Number(le), count: Number(count) }))
    .sort((a, b) => a.le - b.le);
  const all = buckets.at(-1)?.count ?? 0;
  return buckets.find(({ count }) => all > 0 && count >= 0.99 * all)?.le ?? Number.NaN;
}
