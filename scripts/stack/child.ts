import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

export interface ChildSpec {
  name: string;
  /** Entry file, relative to the repository. */
  main: string;
  args?: string[];
  env: Record<string, string>;
  /** Answers 200 once the process can do its work. */
  readyUrl: string;
}

export interface Child {
  name: string;
  /** null while it is being restarted. */
  pid(): number | null;
  restarts(): number;
  /** SIGTERM, and SIGKILL to this very process if it has not ended in time. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  logDirectory: string;
  onDeath?: (name: string, how: string) => void;
}

const stopWithinMs = 10_000;

/** Starts a process and starts it again, with back-off, whenever it dies before `stop`. */
export function keepRunning(spec: ChildSpec, { logDirectory, onDeath }: ChildOptions): Child {
  mkdirSync(logDirectory, { recursive: true });
  const log = createWriteStream(join(logDirectory, `${spec.name}.log`), { flags: 'a' });
  let child: ChildProcess | null = null;
  let stopping = false;
  let restarts = 0;
  let again: NodeJS.Timeout | undefined;

  const start = () => {
    const startedAt = Date.now();
    const parentHook = join(root, 'scripts/stack/exit-with-parent.ts');
    const next = spawn(
      process.execPath,
      ['--import', parentHook, join(root, spec.main), ...(spec.args ?? [])],
      {
        cwd: root,
        env: spec.env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // Ctrl-C reaches the whole foreground group; children are stopped in order by their parent instead.
        detached: true,
      },
    );
    child = next;
    next.stdout?.pipe(log, { end: false });
    next.stderr?.pipe(log, { end: false });
    next.once('exit', (code, signal) => {
      child = null;
      if (stopping) return;
      onDeath?.(spec.name, signal ?? `exit code ${code}`);
      // One that died young is given more time before each next try.
      const delay = Date.now() - startedAt > 30_000 ? 200 : Math.min(200 * 2 ** restarts, 10_000);
      restarts += 1;
      again = setTimeout(start, delay);
    });
  };
  start();

  return {
    name: spec.name,
    pid: () => child?.pid ?? null,
    restarts: () => restarts,
    stop: async () => {
      stopping = true;
      clearTimeout(again);
      const running = child;
      if (running && running.exitCode === null) {
        const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
        running.kill('SIGTERM');
        const force = setTimeout(() => running.kill('SIGKILL'), stopWithinMs);
        await ended;
        clearTimeout(force);
      }
      log.end();
    },
  };
}

/** Polls until the address answers 200. @throws Error with the process's log when it does not within the time. */
export async function untilReady(spec: ChildSpec, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await fetch(spec.readyUrl, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`${spec.name} did not become ready at ${spec.readyUrl}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
