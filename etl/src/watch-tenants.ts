import type { CouchConnection } from '@recado/event-store/couch/connect';
import { readTenants } from '@recado/event-store/tenants';
import type { Logger } from 'pino';

/** Calls `onTenant` for each tenant, and for those that come later, again at each look: it must not mind. */
export function watchTenants(deps: {
  couch: CouchConnection;
  onTenant: (tenant: string) => void;
  logger: Logger;
  everyMs?: number;
}): { stop(): Promise<void> } {
  const { couch, onTenant, logger, everyMs = 2_000 } = deps;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      for (const tenant of await readTenants(couch)) if (!stopped) onTenant(tenant);
    } catch (error) {
      logger.warn({ err: error }, 'the directory of tenants could not be read');
    }
    if (!stopped) timer = setTimeout(() => (looking = look()), everyMs);
  };
  let looking = look();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
