// Signed webhooks, one text message each, as Meta sends them. Run by `npm run bench`, or by hand:
//   k6 run -e TARGET=http://127.0.0.1:3001/webhooks/meta -e DURATION=60s -e CONNECTIONS=16 load/k6/webhooks.js
import crypto from 'k6/crypto';
import http from 'k6/http';
import { check } from 'k6';

const target = __ENV.TARGET || 'http://127.0.0.1:3001/webhooks/meta';
const secret = __ENV.APP_SECRET || 'demo-app-secret';
const phoneNumberId = __ENV.PHONE_NUMBER_ID || '100000000000001';
const customers = Number(__ENV.CUSTOMERS || 3000);
const run = __ENV.RUN || String(Date.now());

export const options = {
  scenarios: {
    webhooks: {
      executor: 'constant-vus',
      vus: Number(__ENV.CONNECTIONS || 16),
      duration: __ENV.DURATION || '60s',
    },
  },
  summaryTrendStats: ['avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
  discardResponseBodies: true,
};

export default function () {
  const customer = 573100000000 + Math.floor(Math.random() * customers);
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '200000000000001',
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '573005550100', phone_number_id: phoneNumberId },
              contacts: [{ profile: { name: `Cliente ${customer % 100000}` }, wa_id: String(customer) }],
              messages: [
                {
                  from: String(customer),
                  id: `wamid.bench.${run}.${__VU}.${__ITER}`,
                  timestamp: String(Math.floor(Date.now() / 1000)),
                  type: 'text',
                  text: {
                    body: 'Buenos días, quería saber por el pedido que hice la semana pasada, ¿ya salió?',
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  });
  const answer = http.post(target, body, {
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${crypto.hmac('sha256', secret, body, 'hex')}`,
    },
  });
  check(answer, { acknowledged: ({ status }) => status === 200 });
}

export function handleSummary(data) {
  const { http_reqs: requests, http_req_duration: duration, checks } = data.metrics;
  return {
    stdout: JSON.stringify({
      perSecond: requests.values.rate,
      total: requests.values.count,
      p50: duration.values.med,
      p99: duration.values['p(99)'],
      max: duration.values.max,
      acknowledgedShare: checks.values.rate,
    }),
  };
}
