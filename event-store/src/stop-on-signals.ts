import { setTimeout as delay } from 'node:timers/promises';

export interface StopLogger {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/**
 * The first SIGINT or SIGTERM ends the process after `stop`: with 0, or with 1 where it did not stop cleanly. What is
 * under way may end; what hangs, on a store that is gone, may not keep the process.
 */
export function stopOnSignals(
  stop: () => Promise<void>,
  logger: StopLogger,
  { withinMs = 15_000 }: { withinMs?: number } = {},
): void {
  let stopping = false;
  const end = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(signal));
}
