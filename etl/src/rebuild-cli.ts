import { connectWarehouse } from '@recado/analytics/connect';
import { migrate } from '@recado/analytics/migrate';
import { internalToken } from '@recado/domain/access/internal-token';
import { connectCouch } from '@recado/event-store/couch/connect';
import { createCouchEventStore } from '@recado/event-store/couch-event-store';
import { setTimeout as delay } from 'node:timers/promises';
import { readEtlConfig, type EtlConfig } from './config.ts';
import type { RebuildStatus } from './rebuild-job.ts';
import { rebuild } from './rebuild.ts';
import { readTenants } from '@recado/event-store/tenants';

/**
 * `npm run rebuild`: everything in the warehouse anew from the events, while the load goes on. Over chDB the process
 * that owns the directory does it, and this one asks it to; where none runs, and over a ClickHouse server, this one
 * does it itself.
 */
const config = readEtlConfig();
const events = config.servesReports
  ? ((await askOwner(config)) ?? (await rebuildHere(config)))
  : await rebuildHere(config);
console.log(`rebuilt from ${events} events`);
process.exit(0);

/** null when nobody listens there. @throws when the rebuild failed. */
async function askOwner({ host, port, secret }: EtlConfig): Promise<number | null> {
  const call = (method: string) =>
    fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/api/rebuild`, {
      method,
      headers: { authorization: `Bearer ${internalToken(secret)}` },
    });
  let started: Response;
  try {
    started = await call('POST');
  } catch {
    return null;
  }
  if (started.status !== 202 && started.status !== 409)
    throw new Error(`the rebuild was refused: ${started.status}`);
  for (;;) {
    const status = (await (await call('GET')).json()) as RebuildStatus;
    if (status.state === 'done') return status.events;
    if (status.state !== 'running')
      throw new Error('the rebuild failed: see the log of the process that did it');
    await delay(500);
  }
}

async function rebuildHere({ couchUrl, warehouse: location }: EtlConfig): Promise<number> {
  const couch = connectCouch({ url: couchUrl });
  const warehouse = await connectWarehouse(location);
  await migrate(warehouse);
  const tenants = await readTenants(couch);
  const stores = new Map(tenants.map((tenant) => [tenant, createCouchEventStore({ couch, tenant })]));
  const count = await rebuild({ warehouse, stores });
  await warehouse.close();
  return count;
}
