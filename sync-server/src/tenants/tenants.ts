import { HttpProblem } from '../http/problem.ts';
import { startTenant, type TenantDeps, type TenantRuntime } from './tenant.ts';

/** The tenants that this process serves: all of the directory, each started once, later ones when they appear. */
export interface Tenants {
  /** @throws HttpProblem store_unavailable while the tenant cannot be started. */
  runtime(tenantId: string): Promise<TenantRuntime>;
  /** Starts those of the directory that are not running. */
  startAll(): Promise<void>;
  stop(): Promise<void>;
}

export interface TenantsDeps extends TenantDeps {
  /** Tenants of the directory that this process serves; default all. */
  serves?: (tenantId: string) => boolean;
}

export function createTenants(deps: TenantsDeps): Tenants {
  const { serves = () => true } = deps;
  const running = new Map<string, Promise<TenantRuntime>>();

  const runtime = (tenantId: string): Promise<TenantRuntime> => {
    const known = running.get(tenantId);
    if (known) return known;
    const starting = startTenant({ ...deps, tenant: tenantId }).catch((error: unknown) => {
      running.delete(tenantId);
      deps.logger.error({ err: error, tenant: tenantId }, 'a tenant could not be started');
      throw new HttpProblem('store_unavailable');
    });
    running.set(tenantId, starting);
    return starting;
  };

  const startAll = async (): Promise<void> => {
    const served = deps.directory.tenants().filter(({ tenantId }) => serves(tenantId));
    await Promise.all(served.map(({ tenantId }) => runtime(tenantId)));
  };
  const stopListening = deps.directory.onChange(() => void startAll().catch(() => undefined));

  return {
    runtime,
    startAll,
    async stop() {
      stopListening();
      const started = await Promise.allSettled(running.values());
      await Promise.all(
        started.map(async (result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)),
      );
    },
  };
}
