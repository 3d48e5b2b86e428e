import { hour, instant, minute } from '@recado/domain/time';
import type { MsgDoc } from '@recado/domain/wire/documents';
import { demoConversationId } from './demo-conversations.testkit.ts';

/** One message of every kind that a chat has to show, and one chat long enough to scroll. */
export function demoMessages(now: number): MsgDoc[] {
  const start = now - 26 * hour;
  let n = 0;
  const msg = (
    minutes: number,
    content: MsgDoc['content'],
    over: Partial<MsgDoc> = {},
    conversation = 1,
  ): MsgDoc => {
    n += 1;
    const at = instant(start + minutes * minute);
    return {
      id: `msg.${demoConversationId(conversation)}.d${n}`,
      conversationId: demoConversationId(conversation),
      messageId: `d${n}`,
      direction: 'in',
      author: { kind: 'customer', id: `c${conversation}` },
      content,
      sortKey: `${at}|d${n}`,
      at,
      replyTo: null,
      reactions: [],
      edited: false,
      revoked: false,
      delivery: null,
      media: null,
      commandId: null,
      version: 1,
      ...over,
    };
  };
  const text = (body: string) => ({ kind: 'text', body }) as const;
  const agent = (
    state: NonNullable<MsgDoc['delivery']>['state'],
    more: Partial<MsgDoc> = {},
  ): Partial<MsgDoc> => ({
    direction: 'out',
    author: { kind: 'agent', id: 'ana' },
    delivery: { state },
    ...more,
  });
  const today = 24 * 60 - 20;
  return [
    msg(0, text('hola')),
    msg(1, text('¡Hola! Soy el asistente de Demo. En un momento te atiende una persona.'), {
      direction: 'out',
      author: { kind: 'bot', id: 'bot' },
      delivery: { state: 'read' },
    }),
    msg(3, text('Quiero saber si tienen disponible la bicicleta de la foto en talla M')),
    msg(
      3,
      { kind: 'media', mediaType: 'image', mime: 'image/png' },
      { media: { mediaHash: 'a'.repeat(64), mime: 'image/png', bytes: 20_000, lost: false } },
    ),
    msg(
      6,
      text('Hola Marcela 👋 Soy Ana. Sí, nos quedan dos en azul y una en grafito.'),
      agent('read', { reactions: [{ emoji: '😍', by: 'customer' }] }),
    ),
    msg(6, text('Te mando la ficha técnica:'), agent('read')),
    msg(
      7,
      {
        kind: 'media',
        mediaType: 'document',
        mediaHash: 'b'.repeat(64),
        mime: 'application/pdf',
        bytes: 348_211,
        filename: 'Ficha técnica — Andina 29.pdf',
      },
      agent('delivered', {
        media: { mediaHash: 'b'.repeat(64), mime: 'application/pdf', bytes: 348_211, lost: false },
      }),
    ),
    msg(15, {
      kind: 'location',
      latitude: 4.6097,
      longitude: -74.0817,
      name: 'Casa',
      address: 'Cra. 7 #45-10, Bogotá',
    }),
    msg(16, text('Esa es la dirección. Más detalles: https://demo.test/pedidos/9981?ref=wa.'), {
      edited: true,
    }),
    msg(18, text('…'), { revoked: true }),
    msg(today, text('Buenos días, ¿ya salió el pedido?')),
    msg(
      today + 4,
      text('Buenos días. Sale esta tarde; te aviso apenas lo recoja la transportadora.'),
      agent('delivered'),
    ),
    msg(today + 5, text('Si prefieres otro horario dime y lo cambio.'), {
      ...agent('failed'),
      delivery: { state: 'failed', code: '131026' },
    }),
    msg(today + 100, text('مرحبا، هل يمكنني الدفع عند الاستلام؟ Pago contra entrega')),
    msg(
      today + 101,
      { kind: 'system', event: 'user_changed_number', body: 'El cliente cambió de número de teléfono' },
      { author: { kind: 'system', id: 'whatsapp' } },
    ),
    msg(today + 138, text('¿Me confirman si llega hoy? Salgo a las seis 🙏'), { replyTo: 'd12' }),
    msg(today + 138.2, text('Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(3))),
    msg(today, text('Un momento por favor'), agent('uncertain'), 8),
    ...Array.from({ length: 400 }, (_, index) =>
      msg(
        index * 3,
        text(`Mensaje número ${index + 1} de una conversación larga`),
        index % 3 === 0 ? agent('read') : {},
        3,
      ),
    ),
  ];
}
