import { definitionsVersion, slaVariant } from '@recado/domain/metrics/definitions';
import type { ReportRow, Summary, summaryQuerySchema } from '@recado/domain/wire/api';
import type { z } from 'zod';
import type { Warehouse } from '../warehouse.ts';
import { reportSql } from './sql.ts';

export type SummaryQuery = z.infer<typeof summaryQuerySchema>;

export interface ReportScope {
  warehouse: Warehouse;
  tenant: string;
  /** Who leaves a queue sooner is not counted as abandoned, ms. */
  shortAbandonMs: number;
}

type Figure = 'frt' | 'nrt' | 'customer_wait' | 'asa' | 'tmo' | 'resolution_first' | 'resolution_last';

type Durations<Name extends Figure> = { [K in `${Name}_count` | `${Name}_sum`]: number } & {
  [K in `${Name}_quantiles`]: (number | null)[];
};

type SummaryRow = { key: string; is_total: number } & Durations<Figure> & {
    [K in 'received' | 'attended_count' | 'abandoned_count' | 'sla_met' | 'sla_missed']: number;
  } & { [K in 'transfers_count' | 'returns_count' | 'reopenings_count' | 'closed_count']: number };

type AgentShareRow = { key: string; is_total: number } & Durations<'nrt' | 'tmo'>;

/** The report's totals and its rows, from one reading of the facts (two where agents are told apart). */
export async function summary(scope: ReportScope, query: SummaryQuery): Promise<Summary> {
  const { warehouse } = scope;
  const parameters = { ...filterParameters(scope, query), groupBy: query.groupBy };
  const byAgent = query.groupBy === 'agent' || query.agentId !== undefined;
  const [rows, shares, freshness] = await Promise.all([
    warehouse.query<SummaryRow>(reportSql.summary, parameters),
    byAgent ? warehouse.query<AgentShareRow>(reportSql.summaryAgents, parameters) : [],
    warehouse.query<{ loaded_until: string | null }>(reportSql.freshness, { tenant: scope.tenant }),
  ]);
  const all = byAgent ? withShares(rows, shares) : rows;
  const total = all.find((row) => row.is_total === 1);
  return {
    definitions: definitionsVersion,
    slaVariant,
    totals: reportRow(total ?? emptyRow),
    rows: all.filter((row) => row.is_total === 0).map((row) => ({ ...reportRow(row), key: row.key })),
    loadedUntil: freshness[0]?.loaded_until ?? null,
  };
}

export const filterParameters = (
  { tenant, shortAbandonMs }: ReportScope,
  query: Omit<SummaryQuery, 'groupBy'>,
) => ({
  tenant,
  shortAbandonMs,
  fromDay: query.from,
  toDay: query.to,
  timeZone: query.timeZone,
  queueId: query.queueId ?? null,
  agentId: query.agentId ?? null,
  numberId: query.numberId ?? null,
});

const none = { count: 0, sum: 0, quantiles: [] as number[] };
const durationsOf = <Name extends Figure>(name: Name, { count, sum, quantiles } = none) =>
  ({ [`${name}_count`]: count, [`${name}_sum`]: sum, [`${name}_quantiles`]: quantiles }) as Durations<Name>;

const noShares = { ...durationsOf('nrt'), ...durationsOf('tmo') };

const emptyRow: SummaryRow = {
  key: '',
  is_total: 1,
  received: 0,
  attended_count: 0,
  abandoned_count: 0,
  sla_met: 0,
  sla_missed: 0,
  transfers_count: 0,
  returns_count: 0,
  reopenings_count: 0,
  closed_count: 0,
  ...noShares,
  ...durationsOf('frt'),
  ...durationsOf('customer_wait'),
  ...durationsOf('asa'),
  ...durationsOf('resolution_first'),
  ...durationsOf('resolution_last'),
};

/** An agent may have handled conversations without giving the first reply in any, and the other way round. */
function withShares(rows: SummaryRow[], shares: AgentShareRow[]): SummaryRow[] {
  const id = (row: { is_total: number; key: string }) => `${row.is_total}:${row.key}`;
  const merged = new Map(rows.map((row) => [id(row), { ...row, ...noShares }]));
  for (const share of shares) merged.set(id(share), { ...(merged.get(id(share)) ?? emptyRow), ...share });
  return [...merged.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function reportRow(row: SummaryRow): ReportRow {
  const durations = (name: Figure): ReportRow['frt'] => {
    const count = row[`${name}_count`];
    const [p50 = null, p90 = null] = row[`${name}_quantiles`];
    if (count === 0) return { count, mean: null, p50: null, p90: null };
    return { count, mean: row[`${name}_sum`] / count, p50, p90 };
  };
  const share = (part: number, of: number): number | null => (of === 0 ? null : part / of);
  const { sla_met: met, attended_count: attended, abandoned_count: abandoned } = row;
  const of = met + row.sla_missed;
  return {
    received: row.received,
    attended,
    abandoned,
    abandonmentRate: share(abandoned, attended + abandoned),
    frt: durations('frt'),
    nrt: durations('nrt'),
    customerWait: durations('customer_wait'),
    asa: durations('asa'),
    tmo: durations('tmo'),
    resolutionFirst: durations('resolution_first'),
    resolutionLast: durations('resolution_last'),
    sla: { met, of, share: share(met, of) },
    transfers: row.transfers_count,
    returns: row.returns_count,
    reopenings: row.reopenings_count,
    closed: row.closed_count,
  };
}
