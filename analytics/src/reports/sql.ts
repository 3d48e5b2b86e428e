import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8');

/** One file for each report. Its head says what it means and which parameters it takes. */
export const reportSql = {
  summary: read('summary'),
  summaryAgents: read('summary-agents'),
  conversations: read('conversations'),
  freshness: read('freshness'),
  quarantine: read('quarantine'),
  timeZones: read('time-zones'),
};
