import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Load } from './load.ts';

export interface LoadMetrics {
  loaded(tenant: string, load: Load, now: number): void;
  refused(table: string, count: number): void;
  fault(tenant: string): void;
}

export function createLoadMetrics(registry: Registry): LoadMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'recado_etl_events_total',
    help: 'Events loaded into the warehouse',
    labelNames: ['tenant'],
    registers,
  });
  const quarantined = new Counter({
    name: 'recado_etl_quarantined_total',
    help: 'Events and rows put into quarantine, repetitions included',
    labelNames: ['reason'],
    registers,
  });
  const faults = new Counter({
    name: 'recado_etl_faults_total',
    help: 'Batches that failed and were given again',
    labelNames: ['tenant'],
    registers,
  });
  const lag = new Histogram({
    name: 'recado_etl_lag_seconds',
    help: 'From a commit’s time to its rows being durable',
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3_600],
    registers,
  });
  const lagNow = new Gauge({
    name: 'recado_etl_last_lag_seconds',
    help: 'Lag of the oldest commit of the last batch',
    labelNames: ['tenant'],
    registers,
  });

  return {
    loaded(tenant, load, now) {
      events.inc({ tenant }, load.events);
      for (const reason of load.quarantined) quarantined.inc({ reason });
      let oldest = 0;
      for (const at of load.committedAt) {
        const seconds = Math.max(0, now - Date.parse(at)) / 1_000;
        oldest = Math.max(oldest, seconds);
        lag.observe(seconds);
      }
      lagNow.set({ tenant }, oldest);
    },
    refused: (_table, count) => quarantined.inc({ reason: 'refused_row' }, count),
    fault: (tenant) => faults.inc({ tenant }),
  };
}
