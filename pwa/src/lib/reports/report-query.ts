import { reportGroupings, type DrillDown, type ReportGrouping } from '@recado/domain/wire/report-terms';
import { lastDays } from './period.ts';

/** What the address of the page says: a report can be linked, reloaded and gone back to. */
export interface ReportQuery {
  from: string;
  to: string;
  groupBy: ReportGrouping;
  queueId: string;
  agentId: string;
}

const isDate = (text: string | null): text is string => text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text);

export function readQuery(
  parameters: Pick<URLSearchParams, 'get'>,
  now: number,
  timeZone: string,
): ReportQuery {
  const week = lastDays(7, now, timeZone);
  const from = parameters.get('from');
  const to = parameters.get('to');
  const groupBy = parameters.get('by');
  return {
    from: isDate(from) ? from : week.from,
    to: isDate(to) ? to : week.to,
    groupBy: reportGroupings.find((each) => each === groupBy) ?? 'day',
    queueId: parameters.get('queue') ?? '',
    agentId: parameters.get('agent') ?? '',
  };
}

/** As a route of the app, for `resolve`. */
export function pageAddress(query: ReportQuery): `/(app)/reports?${string}` {
  const { from, to, groupBy, queueId, agentId } = query;
  const parameters = new URLSearchParams({ from, to, by: groupBy });
  if (queueId) parameters.set('queue', queueId);
  if (agentId) parameters.set('agent', agentId);
  return `/(app)/reports?${parameters}`;
}

const filters = (query: ReportQuery, timeZone: string): URLSearchParams => {
  const parameters = new URLSearchParams({ from: query.from, to: query.to, timeZone });
  if (query.queueId) parameters.set('queueId', query.queueId);
  if (query.agentId) parameters.set('agentId', query.agentId);
  return parameters;
};

export function summaryPath(query: ReportQuery, timeZone: string): string {
  const parameters = filters(query, timeZone);
  parameters.set('groupBy', query.groupBy);
  return `summary?${parameters}`;
}

/** The conversations behind one number: the report's own filters, narrowed to the row it stands in. */
export function drillPath(
  query: ReportQuery,
  {
    metric,
    rowKey,
    cursor,
    timeZone,
  }: { metric: DrillDown; rowKey: string | null; cursor: string | null; timeZone: string },
): string {
  const parameters = filters(query, timeZone);
  parameters.set('metric', metric);
  if (rowKey !== null) {
    const narrowed = { day: 'day', queue: 'queueId', agent: 'agentId', number: 'numberId' }[query.groupBy];
    parameters.set(narrowed, rowKey);
  }
  if (cursor) parameters.set('cursor', cursor);
  return `conversations?${parameters}`;
}
