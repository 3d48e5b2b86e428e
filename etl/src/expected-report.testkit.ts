import type { conversationsQuerySchema, ReportRow, summaryQuerySchema } from '@recado/domain/wire/api';
import type { z } from 'zod';
import type { Truth } from './generated-month.testkit.ts';

/** The report worked out from the truth of a generated month, by plain arithmetic. */
type Filters = Pick<
  z.infer<typeof summaryQuerySchema>,
  'from' | 'to' | 'timeZone' | 'queueId' | 'agentId' | 'numberId'
>;
type Grouping = z.infer<typeof summaryQuerySchema>['groupBy'];
type Metric = z.infer<typeof conversationsQuerySchema>['metric'];

export function expectedSummary(truths: readonly Truth[], filters: Filters, groupBy: Grouping) {
  const inPeriod = truths.filter((truth) => isInPeriod(truth, filters));
  const byAgent = groupBy === 'agent' || filters.agentId !== undefined;
  const rowOf = (key: string | null): ReportRow => {
    const conversations = inPeriod.filter(
      (truth) => matchesAgent(truth, filters) && (key === null || keyOf(truth, groupBy, filters) === key),
    );
    const row = rowFor(conversations);
    if (!byAgent) return row;
    // What each agent did counts for that agent, whoever gave the first reply.
    const mine = (agent: string, truth: Truth): boolean =>
      (filters.agentId === undefined || agent === filters.agentId) &&
      (key === null || (groupBy === 'agent' ? agent : keyOf(truth, groupBy, filters)) === key);
    const nrt = inPeriod.flatMap((truth) =>
      truth.nrt.filter(({ agent }) => mine(agent, truth)).map(({ ms }) => ms),
    );
    const tmo = inPeriod.flatMap((truth) =>
      [...(truth.handled ?? [])].filter(([agent]) => mine(agent, truth)).map(([, ms]) => ms),
    );
    return { ...row, nrt: durations(nrt), tmo: durations(tmo) };
  };
  const keys = new Set(
    inPeriod.flatMap((truth) => {
      const own = matchesAgent(truth, filters) ? [keyOf(truth, groupBy, filters)] : [];
      const shares = [...truth.nrt.map(({ agent }) => agent), ...(truth.handled?.keys() ?? [])];
      const asked = shares.filter((agent) => filters.agentId === undefined || agent === filters.agentId);
      const others = asked.map((agent) => (groupBy === 'agent' ? agent : keyOf(truth, groupBy, filters)));
      return byAgent ? [...own, ...others] : own;
    }),
  );
  return { totals: rowOf(null), rows: [...keys].sort().map((key) => ({ key, ...rowOf(key) })) };
}

export function expectedConversations(truths: readonly Truth[], filters: Filters, metric: Metric): string[] {
  const belongs: Record<Metric, (truth: Truth) => boolean> = {
    received: () => true,
    attended: (truth) => truth.attended,
    abandoned: (truth) => truth.abandoned,
    sla_met: (truth) => truth.sla === 'met',
    sla_missed: (truth) => truth.sla === 'missed',
    closed: (truth) => truth.closed !== null,
    transferred: (truth) => truth.transfers > 0,
  };
  return truths
    .filter((truth) => isInPeriod(truth, filters) && matchesAgent(truth, filters) && belongs[metric](truth))
    .sort((a, b) => (b.received ?? 0) - (a.received ?? 0) || (a.conversationId < b.conversationId ? 1 : -1))
    .map((truth) => truth.conversationId);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function dayOf(ms: number, timeZone: string): string {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  formats.set(timeZone, format);
  return format.format(ms);
}

function isInPeriod(truth: Truth, { from, to, timeZone, queueId, numberId }: Filters): boolean {
  if (truth.received === null) return false;
  const day = dayOf(truth.received, timeZone);
  if (day < from || day > to) return false;
  return (
    (queueId === undefined || truth.queue === queueId) &&
    (numberId === undefined || truth.numberId === numberId)
  );
}

const matchesAgent = (truth: Truth, { agentId }: Filters): boolean =>
  agentId === undefined || truth.firstAgent === agentId;

function keyOf(truth: Truth, groupBy: Grouping, { timeZone }: Filters): string {
  if (groupBy === 'day') return dayOf(truth.received ?? 0, timeZone);
  if (groupBy === 'queue') return truth.queue ?? '';
  if (groupBy === 'agent') return truth.firstAgent ?? '';
  return truth.numberId;
}

function rowFor(truths: readonly Truth[]): ReportRow {
  const count = (matches: (truth: Truth) => boolean): number => truths.filter(matches).length;
  const sum = (figure: (truth: Truth) => number): number =>
    truths.reduce((total, truth) => total + figure(truth), 0);
  const each = (figure: (truth: Truth) => number | null): ReportRow['frt'] =>
    durations(truths.map(figure).filter((value) => value !== null));
  const since = (truth: Truth, at: number | null): number | null =>
    at === null || truth.received === null ? null : Math.max(0, at - truth.received);
  const attended = count((truth) => truth.attended);
  const abandoned = count((truth) => truth.abandoned);
  const met = count((truth) => truth.sla === 'met');
  const of = met + count((truth) => truth.sla === 'missed');
  return {
    received: truths.length,
    attended,
    abandoned,
    abandonmentRate: attended + abandoned === 0 ? null : abandoned / (attended + abandoned),
    frt: each((truth) => truth.frt),
    nrt: durations(truths.flatMap((truth) => truth.nrt.map(({ ms }) => ms))),
    customerWait: each((truth) => (truth.attended ? truth.customerWait : null)),
    asa: each((truth) => truth.asa),
    tmo: each(({ handled }) =>
      handled === null || handled.size === 0 ? null : [...handled.values()].reduce((a, b) => a + b, 0),
    ),
    resolutionFirst: each((truth) => since(truth, truth.firstClosed)),
    resolutionLast: each((truth) => since(truth, truth.closed)),
    sla: { met, of, share: of === 0 ? null : met / of },
    transfers: sum((truth) => truth.transfers),
    returns: sum((truth) => truth.returns),
    reopenings: sum((truth) => truth.reopenings),
    closed: count((truth) => truth.closed !== null),
  };
}

/** p = the element at place floor(p × n), counted from 0, of the sorted values. */
function durations(values: number[]): ReportRow['frt'] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return { count: 0, mean: null, p50: null, p90: null };
  const at = (share: number): number => sorted[Math.floor(share * n)] as number;
  return { count: n, mean: sorted.reduce((a, b) => a + b, 0) / n, p50: at(0.5), p90: at(0.9) };
}
