import type { Simulator } from '../simulator.ts';

type Sample = [labels: string, value: number];

/** Prometheus' text format; the few counters here need no library. */
export const metricsText = (simulator: Simulator): string => {
  const { webhooks, sends, customers, load } = simulator.stats();
  const metric = (name: string, type: 'counter' | 'gauge', help: string, samples: Sample[]) => [
    `# HELP recado_simulator_${name} ${help}`,
    `# TYPE recado_simulator_${name} ${type}`,
    ...samples.map(([labels, value]) => `recado_simulator_${name}${labels} ${value}`),
  ];
  return [
    ...metric('webhook_attempts_total', 'counter', 'Webhook requests by what came of them.', [
      ['{outcome="acknowledged"}', webhooks.acknowledged],
      ['{outcome="refused"}', webhooks.refused],
      ['{outcome="unreachable"}', webhooks.unreachable],
    ]),
    ...metric('webhook_retries_total', 'counter', 'Webhook requests that were repeated.', [
      ['', webhooks.retries],
    ]),
    ...metric('webhooks_pending', 'gauge', 'Webhooks not yet acknowledged.', [['', webhooks.pending]]),
    ...metric('sends_total', 'counter', 'Sends of the business by answer.', [
      ['{answer="accepted"}', sends.accepted],
      ['{answer="refused"}', sends.refused],
      ['{answer="lost"}', sends.lost],
    ]),
    ...metric('customers', 'gauge', 'Customers with a phone.', [['', customers]]),
    ...metric('load_written_total', 'counter', 'Messages written by the scripted load.', [
      ['', load.written],
    ]),
    '',
  ].join('\n');
};
