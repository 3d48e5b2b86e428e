import { day, instant } from '@recado/domain/time';
import type { ReportRow } from '@recado/domain/wire/api';
import { demoConversations } from './demo-conversations.testkit.ts';

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

/** The report API's answers, with made-up figures. */
export const demoReport = {
  summary(query: URLSearchParams) {
    const groupBy = query.get('groupBy');
    const from = Date.parse(query.get('from')!);
    const days = Math.round((Date.parse(query.get('to')!) - from) / day) + 1;
    const keys =
      groupBy === 'queue'
        ? ['ventas', 'soporte']
        : groupBy === 'agent'
          ? ['ana', 'bruno', 'carla']
          : Array.from({ length: days }, (_, index) => instant(from + index * day).slice(0, 10));
    const rows = keys.map((key, index) => ({
      key,
      ...reportRow(120 + ((index * 53) % 90), 1 + (index % 4) / 5),
    }));
    return {
      definitions: '1',
      slaVariant: 'answered_or_late_abandon',
      totals: reportRow(rows.reduce((sum, row) => sum + row.received, 0)),
      rows: query.get('queueId') === 'soporte' && groupBy === 'day' ? [] : rows,
      loadedUntil: instant(Date.now()),
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
