import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** What is under way may end; what hangs, on a store that is gone, may not keep the process. */
const withinMs = 15_000;

/** SIGINT and SIGTERM end the process after `stop`: with 0, or with 1 where it did not stop cleanly. */
export function stopOnSignals(stop: () => Promise<void>, logger: Logger): void {
  const end = async (): Promise<void> => {
    const late = delay(withinMs).then(() => Promise.reject(new Error(`not stopped in ${withinMs} ms`)));
    const code = await Promise.race([stop(), late]).then(
      () => 0,
      (error: unknown) => {
        logger.error({ err: error }, 'did not stop cleanly');
        return 1;
      },
    );
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
}
