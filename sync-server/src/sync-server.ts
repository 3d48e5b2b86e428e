import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { LivingProcess } from '@recado/event-store/living-process';
import type { MediaStore } from '@recado/media-store/media-store';
import type Koa from 'koa';
import type { Logger } from 'pino';
import { createDirectory, type Directory } from './accounts/directory.ts';
import { createPasswords, type Passwords } from './accounts/passwords.ts';
import { gateway } from './gateway/gateway.ts';
import { createMailboxFeeds } from './gateway/mailbox-feed.ts';
import { historyRoutes } from './history/history-routes.ts';
import { createApp } from './http/app.ts';
import { clientAddress } from './http/client-address.ts';
import { healthRoutes } from './http/health-routes.ts';
import { createRequestMetrics } from './http/metrics.ts';
import { openApiRoutes } from './http/openapi.ts';
import { type AnyRoute, mountRoutes } from './http/route.ts';
import { defaultRotation, type RotationLimits } from './mailbox/upkeep.ts';
import { mediaRoutes } from './media/media-routes.ts';
import { reportRoutes } from './reports/report-routes.ts';
import { createLoginThrottle, defaultLoginLimits, type LoginLimits } from './session/login-throttle.ts';
import { sessionRoutes } from './session/session-routes.ts';
import { createSessions } from './session/sessions.ts';
import { servePwa } from './static/serve-pwa.ts';
import { createTenants } from './tenants/tenants.ts';
import type { TenantRuntime } from './tenants/tenant.ts';

export interface SyncServerDeps {
  couch: CouchConnection;
  media: MediaStore;
  logger: Logger;
  /** ms since the epoch. */
  now: () => number;
  newId: () => string;
  /** This process, as those of this machine may tell whether it lives. */
  process?: LivingProcess;
  /** The installation's secret. */
  secret: string;
  /** False only where the browser reaches us by plain http on loopback. */
  secureCookies: boolean;
  /** The address that browsers use, when a proxy stands before us. */
  publicUrl: string | null;
  analyticsUrl: string;
  /** Tenants of the directory that this process serves; default all. */
  serves?: (tenantId: string) => boolean;
  /** Where the built PWA is. */
  pwaDirectory: string;
  loginLimits?: LoginLimits;
  rotation?: RotationLimits;
  /** How long a replaced mailbox stays for requests under way, ms; default 60,000. */
  graceMs?: number;
  /** Time between two upkeeps of the mailboxes, ms; default 60,000. */
  upkeepEveryMs?: number;
}

export interface SyncServer {
  app: Koa;
  directory: Directory;
  passwords: Passwords;
  tenant(tenantId: string): Promise<TenantRuntime>;
  /** Reads the directory and starts the tenants in it. */
  start(): Promise<void>;
  /** Port 0 takes any free one. Resolves with the address in use. */
  listen(options: { port: number; host: string }): Promise<{ url: string; port: number }>;
  stop(): Promise<void>;
}

export function createSyncServer(deps: SyncServerDeps): SyncServer {
  const {
    couch,
    media,
    logger,
    now,
    secureCookies,
    publicUrl,
    graceMs = 60_000,
    upkeepEveryMs = 60_000,
  } = deps;
  const directory = createDirectory({ couch, logger });
  const passwords = createPasswords();
  const sessions = createSessions({ couch, directory, now, secureCookies });
  const feeds = createMailboxFeeds({ couch, logger });
  const tenants = createTenants({
    couch,
    directory,
    feeds,
    media,
    logger,
    now,
    holder: `sync-server-${deps.newId()}`,
    process: deps.process,
    serves: deps.serves,
    rotation: deps.rotation ?? defaultRotation,
    graceMs,
    upkeepEveryMs,
  });
  const tenantOf = (tenantId: string) => tenants.runtime(tenantId);
  const addressOf = clientAddress({ behindProxy: publicUrl !== null });
  const throttle = createLoginThrottle(deps.loginLimits ?? defaultLoginLimits);
  const metrics = createRequestMetrics({ secret: deps.secret });

  const routes: AnyRoute[] = [
    ...sessionRoutes({
      ...deps,
      directory,
      passwords,
      sessions,
      throttle,
      tenantOf,
      clientAddress: addressOf,
    }),
    ...mediaRoutes({ media, tenantOf }),
    ...historyRoutes({ tenantOf }),
    ...reportRoutes({ analyticsUrl: deps.analyticsUrl, secret: deps.secret }),
    ...healthRoutes({ couch }),
    ...metrics.routes,
  ];
  const app = createApp({
    logger,
    publicUrl,
    secureCookies,
    measure: metrics.measure,
    parts: [
      gateway({ couch, sessions, tenantOf, feeds, logger }),
      ...mountRoutes([...routes, ...openApiRoutes()], sessions.authenticate),
      servePwa({ directory: deps.pwaDirectory }),
    ],
  });

  let server: Server | null = null;
  let cleaning: NodeJS.Timeout | undefined;
  return {
    app,
    directory,
    passwords,
    tenant: tenantOf,
    async start() {
      await directory.start();
      await tenants.startAll();
      const clean = () =>
        void sessions
          .removeExpired()
          .catch((error: unknown) => logger.warn({ err: error }, 'expired sessions stay'));
      cleaning = setInterval(clean, 3_600_000).unref();
    },
    async listen({ port, host }) {
      // Feeds wait for minutes; the time limit of Node is for whole requests, which are sent at once.
      const listening = createServer({ keepAliveTimeout: 65_000 }, app.callback());
      server = listening;
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject);
        listening.listen(port, host, resolve);
      });
      const bound = (listening.address() as AddressInfo).port;
      return { url: `http://${host}:${bound}`, port: bound };
    },
    async stop() {
      clearInterval(cleaning);
      sessions.stop();
      await feeds.stop();
      const closing = server;
      if (closing) {
        const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
        closing.closeIdleConnections();
        const force = setTimeout(() => closing.closeAllConnections(), 2_000);
        await closed;
        clearTimeout(force);
      }
      await tenants.stop();
      await directory.stop();
    },
  };
}
