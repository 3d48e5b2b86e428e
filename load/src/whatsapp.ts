import { createHmac } from 'node:crypto';

/** Signed webhooks made here, so that the load does not depend on the simulator's pace. */
export function createWhatsApp({ ingest }: { ingest: string }) {
  let sent = 0;
  const run = Date.now().toString(36);
  return {
    /** One text of one customer. Resolves when it is acknowledged. */
    async write(customer: number, text: string): Promise<void> {
      sent += 1;
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
                  metadata: { display_phone_number: '573005550100', phone_number_id: '100000000000001' },
                  contacts: [
                    { profile: { name: `Cliente ${customer}` }, wa_id: String(573_100_000_000 + customer) },
                  ],
                  messages: [
                    {
                      from: String(573_100_000_000 + customer),
                      id: `wamid.load.${run}.${sent}`,
                      timestamp: String(Math.floor(Date.now() / 1_000)),
                      type: 'text',
                      text: { body: text },
                    },
                  ],
                },
              },
            ],
          },
        ],
      });
      const answer = await fetch(`${ingest}/webhooks/meta`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': `sha256=${createHmac('sha256', 'demo-app-secret').update(body).digest('hex')}`,
        },
      });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`webhook answered ${answer.status}`);
    },
  };
}

/** Calls `each` at an even rate, without waiting for it; resolves when all have ended. */
export async function atRate(
  perSecond: number,
  count: number,
  each: (index: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const wait = began + (index * 1_000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(each(index));
  }
  await Promise.all(running);
}
