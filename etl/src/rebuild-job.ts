import type Router from '@koa/router';
import type { Logger } from 'pino';

export interface RebuildStatus {
  state: 'idle' | 'running' | 'done' | 'failed';
  /** Events loaded so far, or in all. */
  events: number;
}

export interface RebuildJob {
  /** False when one is running already. */
  start(): boolean;
  status(): RebuildStatus;
  stop(): Promise<void>;
}

/** At most one rebuild at a time, in the background of the process that owns the warehouse. */
export function createRebuildJob(deps: {
  run: (options: { signal: AbortSignal; onProgress: (events: number) => void }) => Promise<number>;
  logger: Logger;
}): RebuildJob {
  const controller = new AbortController();
  let status: RebuildStatus = { state: 'idle', events: 0 };
  let running: Promise<void> = Promise.resolve();
  const work = async (): Promise<void> => {
    try {
      const onProgress = (events: number) => (status = { state: 'running', events });
      status = { state: 'done', events: await deps.run({ signal: controller.signal, onProgress }) };
      deps.logger.info(status, 'the warehouse was rebuilt');
    } catch (error) {
      status = { ...status, state: 'failed' };
      deps.logger.error({ err: error }, 'the rebuild failed; the old tables stay');
    }
  };
  return {
    start() {
      if (status.state === 'running' || controller.signal.aborted) return false;
      status = { state: 'running', events: 0 };
      running = work();
      return true;
    },
    status: () => status,
    async stop() {
      controller.abort();
      await running;
    },
  };
}

/** `POST /api/rebuild` → 202, or 409 while one runs; `GET /api/rebuild` → how it stands. */
export const rebuildRoutes =
  (job: RebuildJob) =>
  (router: Router): void => {
    router.post('/rebuild', (context) => {
      context.status = job.start() ? 202 : 409;
      context.body = job.status();
    });
    router.get('/rebuild', (context) => {
      context.body = job.status();
    });
  };
