import type { BoardDoc, ConvDoc, MsgDoc, RefDoc } from '@recado/domain/wire/documents';
import type { ReportRow } from '@recado/domain/wire/api';

/** Made-up people and conversations, one of every kind that the interface has to show. */
const supervisorRights = ['attend', 'takeOver', 'viewBoard', 'viewReports', 'readAnyConversation'];
const base = { tenant: 'demo', tenantName: 'Demo' };
export const person = {
  ana: {
    ...base,
    userId: 'ana',
    name: 'Ana Torres',
    email: 'ana@demo.test',
    roles: ['agent'],
    permissions: ['attend'],
    mailboxEpoch: 1,
  },
  supervisor: {
    ...base,
    userId: 'ana',
    name: 'Sofía Prada',
    email: 'supervisor@demo.test',
    roles: ['supervisor'],
    permissions: supervisorRights,
    mailboxEpoch: 1,
  },
  calidad: {
    ...base,
    userId: 'calidad',
    name: 'Clara Mejía',
    email: 'calidad@demo.test',
    roles: ['quality'],
    permissions: ['viewReports', 'readAnyConversation'],
    mailboxEpoch: null,
  },
};

const ref = (
  kind: RefDoc['kind'],
  key: string,
  name: string,
  data: Record<string, unknown> = {},
): RefDoc => ({ id: `ref.${kind}.${key}`, kind, key, name, data });
export const demoRefs: RefDoc[] = [
  ref('me', 'me', 'Ana Torres', { status: 'available' }),
  ref('colleague', 'bruno', 'Bruno Díaz', { status: 'on_break' }),
  ref('colleague', 'carla', 'Carla Nieto', { status: 'available' }),
  ref('queue', 'ventas', 'Ventas'),
  ref('queue', 'soporte', 'Soporte'),
  ref('number', '100000000000001', 'Línea principal'),
];

const iso = (at: number): string => new Date(at).toISOString();
const minute = 60_000;
const hour = 60 * minute;

const idOf = (n: number): string => `100000000000001.c${n}.000001`;

export function demoConversations(now: number): ConvDoc[] {
  const conv = (
    n: number,
    name: string | null,
    preview: string | null,
    over: Partial<ConvDoc> = {},
    kind = 'text',
  ): ConvDoc => ({
    id: `conv.${idOf(n)}`,
    conversationId: idOf(n),
    numberId: '100000000000001',
    numberName: 'Línea principal',
    contactId: `c${n}`,
    contactName: name,
    contactPhone: n === 6 ? null : `+57 300 555 01${String(n).padStart(2, '0')}`,
    queueId: 'ventas',
    phase: 'assigned',
    agentId: 'ana',
    openedAt: iso(now - 3 * hour),
    assignedAt: iso(now - 2 * hour),
    closedAt: null,
    closeReason: null,
    lastMessageAt: iso(now - n * 4 * minute),
    lastMessage: { messageId: `m${n}`, direction: 'in', kind, preview },
    unread: 0,
    waitingSince: null,
    windowUntil: iso(now + 20 * hour),
    slaDueAt: null,
    version: 5,
    ...over,
  });
  const out = (
    preview: string,
    delivery: ConvDoc['lastMessage'] extends infer L
      ? NonNullable<L> extends { delivery?: infer D }
        ? D
        : never
      : never,
  ) => ({
    lastMessage: { messageId: 'x', direction: 'out' as const, kind: 'text', preview, delivery },
  });
  return [
    conv(1, 'Marcela Ríos', '¿Me confirman si llega hoy? Salgo a las seis 🙏', {
      unread: 2,
      waitingSince: iso(now - 90_000),
      slaDueAt: iso(now + 80_000),
    }),
    conv(2, 'Distribuidora El Faro', '¿Siguen ahí?', {
      unread: 5,
      waitingSince: iso(now - 14 * minute),
      slaDueAt: iso(now - 9 * minute),
    }),
    conv(3, 'Julián Cárdenas', null, { ...out('Listo, ya quedó programado para mañana', 'read') }),
    conv(4, 'نورة العتيبي', 'هل يمكنني تغيير عنوان التوصيل؟', {
      unread: 1,
      waitingSince: iso(now - 4 * minute),
    }),
    conv(5, 'Paula Andrea Gutiérrez de la Hoz', null, {
      unread: 0,
      windowUntil: iso(now + 95 * minute),
      ...out('Te comparto la cotización en PDF', 'delivered'),
    }),
    conv(6, null, null, { waitingSince: iso(now - 21 * minute) }, 'image'),
    conv(7, 'Óscar Beltrán', null, {
      windowUntil: iso(now - hour),
      ...out('Quedamos atentos a tu respuesta', 'failed'),
    }),
    conv(8, 'Tatiana Lozano', null, { ...out('Un momento por favor', 'uncertain') }),
    conv(9, 'Ferretería La 14', 'Gracias, todo perfecto', {
      phase: 'closed',
      closedAt: iso(now - 30 * minute),
      closeReason: 'resolved',
    }),
  ];
}

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
    const at = iso(start + minutes * minute);
    return {
      id: `msg.${idOf(conversation)}.d${n}`,
      conversationId: idOf(conversation),
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

export function demoBoard(now: number): BoardDoc[] {
  const row = (kind: BoardDoc['kind'], key: string, name: string, over: Partial<BoardDoc>): BoardDoc => ({
    id: `board.${kind}.${key}`,
    kind,
    key,
    name,
    at: iso(now),
    waiting: 0,
    oldestWaitingSince: null,
    active: 0,
    receivedToday: 0,
    attendedToday: 0,
    abandonedToday: 0,
    slaMetToday: 0,
    slaOfToday: 0,
    status: null,
    statusSince: null,
    capacity: 0,
    ...over,
  });
  return [
    row('summary', 'all', 'Demo', {
      waiting: 4,
      oldestWaitingSince: iso(now - 6 * minute),
      active: 11,
      receivedToday: 182,
      attendedToday: 164,
      abandonedToday: 9,
      slaMetToday: 151,
      slaOfToday: 170,
    }),
    row('queue', 'ventas', 'Ventas', {
      waiting: 3,
      oldestWaitingSince: iso(now - 6 * minute),
      active: 7,
      receivedToday: 120,
      attendedToday: 108,
      abandonedToday: 7,
      slaMetToday: 97,
      slaOfToday: 113,
    }),
    row('queue', 'soporte', 'Soporte', {
      waiting: 1,
      oldestWaitingSince: iso(now - minute),
      active: 4,
      receivedToday: 62,
      attendedToday: 56,
      abandonedToday: 2,
      slaMetToday: 54,
      slaOfToday: 57,
    }),
    row('queue', 'cartera', 'Cartera', {}),
    row('agent', 'ana', 'Ana Torres', {
      status: 'available',
      statusSince: iso(now - 3 * hour),
      active: 4,
      capacity: 5,
    }),
    row('agent', 'bruno', 'Bruno Díaz', {
      status: 'on_break',
      statusSince: iso(now - 12 * minute),
      active: 2,
      capacity: 5,
    }),
    row('agent', 'carla', 'Carla Nieto', {
      status: 'available',
      statusSince: iso(now - hour),
      active: 5,
      capacity: 5,
    }),
    row('agent', 'diego', 'Diego Alejandro Restrepo', {
      status: 'on_call',
      statusSince: iso(now - 4 * minute),
      active: 0,
      capacity: 5,
    }),
    row('agent', 'elena', 'Elena Quintero', {
      status: 'offline',
      statusSince: iso(now - 20 * hour),
      active: 0,
      capacity: 5,
    }),
  ];
}

const durations = (count: number, scale: number) => ({
  count,
  mean: 95_000 * scale,
  p50: 62_000 * scale,
  p90: 214_000 * scale,
});
const reportRow = (received: number, scale = 1): ReportRow => ({
  received,
  attended: Math.round(received * 0.9),
  abandoned: Math.round(received * 0.05),
  abandonmentRate: 0.053,
  frt: durations(Math.round(received * 0.9), scale),
  nrt: durations(received, scale),
  customerWait: durations(received, scale * 2),
  asa: durations(received, scale),
  tmo: durations(Math.round(received * 0.85), scale * 6),
  resolutionFirst: durations(received, 10),
  resolutionLast: durations(received, 12),
  sla: { met: Math.round(received * 0.82), of: Math.round(received * 0.94), share: 0.872 },
  transfers: Math.round(received * 0.08),
  returns: 3,
  reopenings: 4,
  closed: Math.round(received * 0.85),
});

export const demoReport = {
  summary(query: URLSearchParams) {
    const groupBy = query.get('groupBy');
    const from = Date.parse(query.get('from')!);
    const days = Math.round((Date.parse(query.get('to')!) - from) / 86_400_000) + 1;
    const keys =
      groupBy === 'queue'
        ? ['ventas', 'soporte']
        : groupBy === 'agent'
          ? ['ana', 'bruno', 'carla']
          : Array.from({ length: days }, (_, index) => iso(from + index * 86_400_000).slice(0, 10));
    const rows = keys.map((key, index) => ({
      key,
      ...reportRow(120 + ((index * 53) % 90), 1 + (index % 4) / 5),
    }));
    return {
      definitions: '1',
      slaVariant: 'answered_or_late_abandon',
      totals: reportRow(rows.reduce((sum, row) => sum + row.received, 0)),
      rows: query.get('queueId') === 'soporte' && groupBy === 'day' ? [] : rows,
      loadedUntil: iso(Date.now()),
    };
  },
  conversations(query: URLSearchParams) {
    const page = Number(query.get('cursor') ?? 0);
    return {
      items: demoConversations(Date.now()).map((conv, index) => ({
        conversationId: conv.conversationId,
        contactName: conv.contactName,
        numberId: conv.numberId,
        queueId: conv.queueId,
        firstAgentId: index % 4 === 3 ? null : 'ana',
        receivedAt: conv.openedAt,
        frtMs: index % 4 === 3 ? null : 40_000 * (index + 1),
        tmoMs: 700_000,
        customerWaitMs: 100_000,
        sla: index % 3 === 0 ? 'missed' : 'met',
        abandoned: false,
        transfers: 0,
        closedAt: conv.closedAt,
        closeReason: conv.closeReason,
      })),
      nextCursor: page < 2 ? String(page + 1) : null,
    };
  },
};
