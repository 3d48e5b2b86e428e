import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPwaIfNeeded } from '../../scripts/stack/build-pwa.ts';
import type { Figure } from './figure.ts';
import { measureDevice } from './figures/device.ts';
import { measureIdle } from './figures/idle.ts';
import { measureLive } from './figures/live.ts';
import { measureWarehouse } from './figures/warehouse.ts';
import { measureWebhooks } from './figures/webhooks.ts';
import { describeMachine } from './machine.ts';

/**
 * `npm run bench [-- webhooks live device warehouse idle]`: measures the figures of the README on this
 * machine, with everything and the load generator on it, and prints them as a table and as JSON.
 */
const benches: Record<string, () => Promise<Figure[]>> = {
  webhooks: () => measureWebhooks({ seconds: 60 }),
  live: () => measureLive({ agents: 30, perSecond: 50, seconds: 30 }),
  device: () => measureDevice(),
  warehouse: () => measureWarehouse(),
  idle: () => measureIdle(),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !benches[name]);
if (unknown.length > 0) {
  console.error(`No such figures: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(1);
}

buildPwaIfNeeded((text) => process.stderr.write(`${text}\n`));
const machine = describeMachine();
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  figures.push(...(await measure()));
}

const say = (line: string) => process.stdout.write(`${line}\n`);
say(
  `\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}\n`,
);
say('| what | wanted | measured | |');
say('| --- | --- | --- | --- |');
for (const { what, wanted, measured, met } of figures)
  say(
    `| ${what} | ${wanted ?? 'printed'} | ${measured} | ${met === null ? '' : met ? 'met' : '**missed**'} |`,
  );

const json = JSON.stringify({ machine, figures }, null, 2);
const folder = join(import.meta.dirname, '../results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'latest.json'), json);
say(`\n${json}`);
