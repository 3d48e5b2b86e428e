import { readAnalyticsConfig, type AnalyticsConfig } from '@recado/analytics/config';
import { z } from 'zod';

const schema = z.object({
  COUCHDB_URL: z.url({ protocol: /^https?$/ }).optional(),
  RECADO_COUCHDB_PORT: z.coerce.number().int().min(1).max(65_535).default(3004),
  /** Health, metrics and rebuild of the load where it is a process of its own. */
  RECADO_ETL_PORT: z.coerce.number().int().min(0).max(65_535).default(3005),
});

export interface EtlConfig extends AnalyticsConfig {
  couchUrl: string;
  /** Over chDB this process serves the reports too, on analytics' port: it owns the directory. */
  servesReports: boolean;
}

/** @throws with every wrong or missing variable named. */
export function readEtlConfig(environment: NodeJS.ProcessEnv = process.env): EtlConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const analytics = readAnalyticsConfig(environment);
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new Error(`wrong configuration:\n${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  const servesReports = 'directory' in analytics.warehouse;
  return {
    ...analytics,
    port: servesReports ? analytics.port : data.RECADO_ETL_PORT,
    couchUrl: data.COUCHDB_URL ?? `http://127.0.0.1:${data.RECADO_COUCHDB_PORT}`,
    servesReports,
  };
}
