import { expect, test } from 'vitest';
import { createManualClock } from '../clock.ts';
import { until } from '../receiver.testkit.ts';
import { accountId, customer, startPair } from '../simulator.testkit.ts';

const template = {
  name: 'aviso_envio',
  language: 'es',
  category: 'UTILITY',
  components: [{ type: 'BODY', text: 'Tu pedido {{1}} salió.' }],
};
const path = `${accountId}/message_templates`;

test('a new template is pending, then approved with a webhook, and only then can be sent', async () => {
  const clock = createManualClock();
  const { simulator, receiver, graph, post, send } = await startPair({ clock });
  const created = (await (await post(path, template)).json()) as { id: string; status: string };
  expect(created).toMatchObject({ status: 'PENDING', category: 'UTILITY' });
  const components = [{ type: 'body', parameters: [{ type: 'text', text: '48213' }] }];
  const message = {
    type: 'template',
    template: { name: 'aviso_envio', language: { code: 'es' }, components },
  };
  expect((await send(message)).body.error.code).toBe(132001);

  clock.advance(10_000);
  await until('the approval', () => receiver.values().length === 1);
  expect(receiver.received[0]?.body.entry[0]?.changes[0]).toMatchObject({
    field: 'message_template_status_update',
    value: { event: 'APPROVED', message_template_name: 'aviso_envio', message_template_language: 'es' },
  });
  expect((await send(message)).status).toBe(200);
  expect(simulator.messages(customer)[0]?.text).toBe('Tu pedido 48213 salió.');
  const listed = (await (await graph(`${path}?name=aviso_envio`)).json()) as {
    data: object[];
    paging: object;
  };
  expect(listed.data).toEqual([{ ...template, id: created.id, status: 'APPROVED' }]);
});

test('a template that exists, or is not well formed, is refused; so is another account', async () => {
  const { graph, post } = await startPair();
  await post(path, template);
  for (const body of [template, { ...template, name: 'Con Mayúsculas' }, '{']) {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 100 } });
  }
  expect(await (await graph('999/message_templates')).json()).toMatchObject({
    error: { code: 100, error_subcode: 33 },
  });
});
