import { hour, instant, minute } from '@recado/domain/time';
import type { ConvDoc, ShownDelivery } from '@recado/domain/wire/documents';

export const demoConversationId = (n: number): string => `100000000000001.c${n}.000001`;

/** One conversation of every kind that the inbox has to show. */
export function demoConversations(now: number): ConvDoc[] {
  const conv = (
    n: number,
    name: string | null,
    preview: string | null,
    over: Partial<ConvDoc> = {},
    kind = 'text',
  ): ConvDoc => ({
    id: `conv.${demoConversationId(n)}`,
    conversationId: demoConversationId(n),
    numberId: '100000000000001',
    numberName: 'Línea principal',
    contactId: `c${n}`,
    contactName: name,
    contactPhone: n === 6 ? null : `+57 300 555 01${String(n).padStart(2, '0')}`,
    queueId: 'ventas',
    phase: 'assigned',
    agentId: 'ana',
    openedAt: instant(now - 3 * hour),
    assignedAt: instant(now - 2 * hour),
    closedAt: null,
    closeReason: null,
    lastMessageAt: instant(now - n * 4 * minute),
    lastMessage: { messageId: `m${n}`, direction: 'in', kind, preview },
    unread: 0,
    waitingSince: null,
    windowUntil: instant(now + 20 * hour),
    slaDueAt: null,
    version: 5,
    ...over,
  });
  const out = (preview: string, delivery: ShownDelivery) => ({
    lastMessage: { messageId: 'x', direction: 'out' as const, kind: 'text', preview, delivery },
  });
  return [
    conv(1, 'Marcela Ríos', '¿Me confirman si llega hoy? Salgo a las seis 🙏', {
      unread: 2,
      waitingSince: instant(now - 90_000),
      slaDueAt: instant(now + 80_000),
    }),
    conv(2, 'Distribuidora El Faro', '¿Siguen ahí?', {
      unread: 5,
      waitingSince: instant(now - 14 * minute),
      slaDueAt: instant(now - 9 * minute),
    }),
    conv(3, 'Julián Cárdenas', null, out('Listo, ya quedó programado para mañana', 'read')),
    conv(4, 'نورة العتيبي', 'هل يمكنني تغيير عنوان التوصيل؟', {
      unread: 1,
      waitingSince: instant(now - 4 * minute),
    }),
    conv(5, 'Paula Andrea Gutiérrez de la Hoz', null, {
      unread: 0,
      windowUntil: instant(now + 95 * minute),
      ...out('Te comparto la cotización en PDF', 'delivered'),
    }),
    conv(6, null, null, { waitingSince: instant(now - 21 * minute) }, 'image'),
    conv(7, 'Óscar Beltrán', null, {
      windowUntil: instant(now - hour),
      ...out('Quedamos atentos a tu respuesta', 'failed'),
    }),
    conv(8, 'Tatiana Lozano', null, out('Un momento por favor', 'uncertain')),
    conv(9, 'Ferretería La 14', 'Gracias, todo perfecto', {
      phase: 'closed',
      closedAt: instant(now - 30 * minute),
      closeReason: 'resolved',
    }),
  ];
}
