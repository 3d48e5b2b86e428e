import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What this service counts. Labels hold no ids of people and nothing they wrote. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    webhookSeconds: new Histogram({
      name: 'recado_webhook_seconds',
      help: 'From a webhook request to its answer, by status code',
      labelNames: ['status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    updates: new Counter({
      name: 'recado_updates_total',
      help: 'Updates received from the provider, by kind and by what became of them',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    parked: new Counter({
      name: 'recado_parked_total',
      help: 'Updates parked, by reason',
      labelNames: ['reason'],
      registers,
    }),
    unparked: new Counter({
      name: 'recado_unparked_total',
      help: 'Parked updates that were applied or discarded',
      labelNames: ['outcome'],
      registers,
    }),
    assignments: new Counter({
      name: 'recado_assignments_total',
      help: 'Conversations assigned or returned by the router',
      labelNames: ['outcome'],
      registers,
    }),
    sends: new Counter({
      name: 'recado_sends_total',
      help: 'Attempts to send, by result and error class',
      labelNames: ['result', 'class'],
      registers,
    }),
    media: new Counter({
      name: 'recado_media_total',
      help: 'Files of customers fetched, lost or to be tried again',
      labelNames: ['outcome'],
      registers,
    }),
    alerts: new Counter({
      name: 'recado_alerts_total',
      help: 'Things that a person must look at: numbers paused, accounts stopped, defects',
      labelNames: ['alert'],
      registers,
    }),
    tenants: new Gauge({ name: 'recado_tenants', help: 'Tenants that are served', registers }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
