import type { Clock } from '@recado/domain/time';
import { instant, ms } from '@recado/domain/time';
import type { CouchDatabase, Stored } from './couch/database.ts';
import { DocumentConflict } from './couch/faults.ts';
import { StoreUnavailable } from './event-store.ts';
import { pause } from './pause.ts';
import { type LivingProcess, unknownProcess } from './living-process.ts';
import type { Lease, Leases } from './ports.ts';

export interface LeasesDeps {
  database: Pick<CouchDatabase, 'getOrNull' | 'put'>;
  /** ms since the epoch. */
  clock: Clock;
  /** How far the clocks of two machines may be apart, ms; default 1,000. A lease is taken that much later. */
  clockSkewMs?: number;
  /** Most time between two looks at a lease that someone else holds, ms; default 1,000. */
  pollMs?: number;
  /** Time between two renewals, ms; default a third of the time to live. */
  renewEveryMs?: number;
  newToken?: () => string;
  /** Lets the lease of a process that is certainly gone be taken at once; default: nobody is known to be gone. */
  process?: LivingProcess;
}

interface LeaseDocument {
  holder: string;
  /** Of one holding: tells a write of ours whose answer was lost from another process with the same name. */
  token: string;
  expiresAt: string;
  fence: number;
  /** The holder's process (`living-process.ts`), where it can be told. */
  process?: string;
}

/**
 * One holder at a time for what must run once per installation. The document's revision decides who takes it; the
 * holder renews at a third of the time to live and stops by itself (`signal`) when it could not renew in time,
 * which is before anyone else may take it. A process that stalls can still act late: `fence` tells its writes.
 */
export function createLeases(deps: LeasesDeps): Leases {
  const {
    database,
    clock,
    clockSkewMs = 1_000,
    pollMs = 1_000,
    renewEveryMs,
    newToken = () => crypto.randomUUID(),
    process = unknownProcess,
  } = deps;
  const read = (name: string) => database.getOrNull<LeaseDocument>(leaseId(name));

  /** One look: the lease as we now hold it, or how long to wait before the next look, ms. */
  const tryTake = async (name: string, wanted: { holder: string; token: string; ttlMs: number }) => {
    const found = await read(name);
    if (found?.token === wanted.token) return { held: found };
    const waitMs = found ? ms(found.expiresAt) + clockSkewMs - clock() : 0;
    // A released lease has no expiry to wait for, nor has one whose holder died on this machine.
    const isOver = found?.token === '' || (found?.process !== undefined && process.isGone(found.process));
    if (found && !isOver && waitMs > 0) return { waitMs };
    const { holder, token, ttlMs } = wanted;
    const expiresAt = instant(clock() + ttlMs);
    const taken = {
      _id: leaseId(name),
      _rev: found?._rev,
      holder,
      token,
      expiresAt,
      fence: (found?.fence ?? 0) + 1,
      ...(process.mark === null ? {} : { process: process.mark }),
    };
    return { held: { ...taken, _rev: await database.put<LeaseDocument>(taken) } };
  };

  return {
    async hold(name, { holder, ttlMs = 10_000, signal }) {
      const wanted = { holder, token: newToken(), ttlMs };
      for (;;) {
        signal?.throwIfAborted();
        let waitMs = pollMs;
        try {
          const taken = await tryTake(name, wanted);
          if (taken.held)
            return keep(
              { database, clock, read: () => read(name), ttlMs, renewEveryMs: renewEveryMs ?? ttlMs / 3 },
              taken.held,
            );
          waitMs = Math.min(pollMs, taken.waitMs);
        } catch (error) {
          if (error instanceof DocumentConflict) waitMs = 0;
          else if (!(error instanceof StoreUnavailable)) throw error;
        }
        await pause(waitMs, signal);
      }
    },
  };
}

const leaseId = (name: string): string => `lease.${name}`;

interface KeepDeps {
  database: Pick<CouchDatabase, 'put'>;
  clock: Clock;
  read: () => Promise<Stored<LeaseDocument> | null>;
  ttlMs: number;
  renewEveryMs: number;
}

/** Renews a lease until it is released or lost. */
function keep({ database, clock, read, ttlMs, renewEveryMs }: KeepDeps, taken: Stored<LeaseDocument>): Lease {
  const controller = new AbortController();
  let held = taken;
  let renewing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const lose = (why: string) => {
    clearTimeout(timer);
    controller.abort(new Error(`lease ${taken._id} ${why}`));
  };

  const write = async (change: Partial<LeaseDocument>): Promise<void> => {
    const next = { ...held, ...change };
    held = { ...next, _rev: await database.put<LeaseDocument>(next) };
  };

  const renew = async (): Promise<void> => {
    try {
      await write({ expiresAt: instant(clock() + ttlMs) });
    } catch (error) {
      if (!(error instanceof DocumentConflict)) return;
      const found = await read().catch(() => held);
      if (found?.token !== taken.token) return lose('was taken by another holder');
      // Our own renewal, whose answer was lost: the next one is written over it, soon.
      held = found;
    }
  };

  const schedule = () => {
    const left = ms(held.expiresAt) - clock();
    if (left <= 0) return lose('expired before it could be renewed');
    timer = setTimeout(
      () => {
        // A renewal that hangs must not outlast the lease.
        const expiresInMs = Math.max(0, ms(held.expiresAt) - clock());
        const expiry = setTimeout(() => lose('expired while it was being renewed'), expiresInMs);
        renewing = renew().finally(() => clearTimeout(expiry));
        void renewing.then(() => {
          if (!controller.signal.aborted) schedule();
        });
      },
      Math.min(renewEveryMs, left / 2),
    );
  };
  schedule();

  return {
    fence: taken.fence,
    signal: controller.signal,
    async release() {
      if (controller.signal.aborted) return;
      clearTimeout(timer);
      await renewing;
      lose('was released');
      // Failing to give it back is no harm: it expires.
      await write({ token: '', expiresAt: instant(clock()) }).catch(() => undefined);
    },
  };
}
