import { StoreUnavailable } from '../event-store.ts';
import { faultOf } from './faults.ts';

/**
 * Reads an answer that may take long to come, for as long as the server shows that it lives: each heartbeat or
 * piece of the answer starts the wait anew. A connection that died without a word ends after `silenceMs`.
 * @throws StoreUnavailable on silence and on answers cut off; the reason of `signal` when it aborts.
 */
export async function readJsonWhileAlive<T>(
  request: (signal: AbortSignal) => Promise<Response>,
  { signal, silenceMs }: { signal: AbortSignal; silenceMs: number },
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const watchdog = setTimeout(
    () => controller.abort(new StoreUnavailable(`silent for ${silenceMs} ms`)),
    silenceMs,
  );
  try {
    const response = await request(controller.signal);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      watchdog.refresh();
      text += decoder.decode(chunk, { stream: true });
    }
    return JSON.parse(text + decoder.decode()) as T;
  } catch (error) {
    throw signal.aborted ? signal.reason : faultOf(error);
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', abort);
  }
}
