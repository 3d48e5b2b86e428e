import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDemo, type Demo } from '../demo.ts';
import { round, type Figure } from '../figure.ts';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../../k6/webhooks.js');

interface K6Summary {
  perSecond: number;
  total: number;
  p50: number;
  p99: number;
  max: number;
  acknowledgedShare: number;
}

/** Signed webhooks through the whole product, and the same documents put into the bare store in batches. */
export async function measureWebhooks({ seconds }: { seconds: number }): Promise<Figure[]> {
  const demo = await startDemo();
  try {
    const k6 = await runK6(demo, seconds);
    const bare = await bareStoreRate(demo);
    const values = { ...k6, bareDocumentsPerSecond: bare };
    return [
      {
        what: `signed webhooks, one message each, 16 connections, ${seconds} s: sustained; p99 of the acknowledgement`,
        wanted: '≥ 400/s; ≤ 150 ms',
        measured: `${round(k6.perSecond)}/s; ${round(k6.p99)} ms (p50 ${round(k6.p50)} ms)`,
        met: k6.perSecond >= 400 && k6.p99 <= 150 && k6.acknowledgedShare === 1,
        values,
      },
      {
        what: 'the same as a share of what the bare store does in batches of the same documents',
        wanted: null,
        measured: `${round((100 * k6.perSecond) / bare, 1)} % of ${round(bare)}/s`,
        met: null,
        values: { share: k6.perSecond / bare },
      },
    ];
  } finally {
    await demo.stop();
  }
}

/** Not waited for synchronously: connections that the store closes meanwhile must be seen to close. */
async function runK6(demo: Demo, seconds: number): Promise<K6Summary> {
  const args = [
    'run',
    '--quiet',
    '--no-usage-report',
    '-e',
    `TARGET=${demo.urls.ingest}/webhooks/meta`,
    '-e',
    `DURATION=${seconds}s`,
    script,
  ];
  const { stdout } = await run('k6', args).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(
      'k6 is not installed (https://k6.io): go install go.k6.io/k6@latest, or your package manager',
    );
  });
  const summary = stdout.slice(stdout.indexOf('{'));
  if (summary === '') throw new Error('k6 gave no summary');
  return JSON.parse(summary) as K6Summary;
}

/** Puts copies of the commits that the webhooks made into a database of their own, 500 at a time. */
async function bareStoreRate(demo: Demo): Promise<number> {
  const store = demo.urls.couchdb;
  const page = await fetch(
    `${store}/recado-demo-events/_all_docs?include_docs=true&limit=5000&startkey="conversation"`,
  );
  const { rows } = (await page.json()) as { rows: { doc: { _id: string; _rev?: string } }[] };
  const documents = rows.map(({ doc: { _rev, ...doc } }) => doc);
  await fetch(`${store}/bench-bare`, { method: 'PUT' });
  const rounds = 4;
  const began = performance.now();
  for (let roundNumber = 0; roundNumber < rounds; roundNumber += 1) {
    for (let start = 0; start < documents.length; start += 500) {
      const docs = documents
        .slice(start, start + 500)
        .map((doc) => ({ ...doc, _id: `${roundNumber}.${doc._id}` }));
      const answer = await fetch(`${store}/bench-bare/_bulk_docs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ docs }),
      });
      await answer.arrayBuffer();
    }
  }
  return (rounds * documents.length) / ((performance.now() - began) / 1_000);
}
