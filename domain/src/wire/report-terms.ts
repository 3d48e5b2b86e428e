/** What a report can be asked for. Apart from `api.ts`, so that the app knows the words without the validation. */
export const reportGroupings = ['day', 'queue', 'agent', 'number'] as const;
export type ReportGrouping = (typeof reportGroupings)[number];

/** Which conversations stand behind a number of the summary. */
export const drillDowns = [
  'received',
  'attended',
  'abandoned',
  'sla_met',
  'sla_missed',
  'closed',
  'transferred',
] as const;
export type DrillDown = (typeof drillDowns)[number];
