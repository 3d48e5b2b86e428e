import type { Clock } from '../clock.ts';
import type { FaultSettings } from '../faults.ts';
import type { BusinessNumber } from '../numbers.ts';
import { shuffle, type Random } from '../random.ts';
import type { Courier } from './courier.ts';
import { envelope, type Change } from './payloads.ts';
import { signatureOf, wireJson } from './wire-json.ts';

/**
 * From one change to the webhooks that carry it, with the faults that were asked for:
 *
 *   change ─► batch ─► reorder ─► copies ─► delay ─► sign ─► courier
 */
export type Update = {
  number: BusinessNumber;
  change: Change;
  /** Called once, at the first 200. */
  onAcknowledged?: () => void;
  /** Called once, after the first attempt, whatever came of it. */
  onAttempted?: () => void;
};

/** Things that wait for company, and leave when there are enough of them or the time is up. */
const createHold = <T>(clock: Clock, release: (items: T[]) => void) => {
  let items: T[] = [];
  let cancel: (() => void) | undefined;
  const flush = () => {
    cancel?.();
    cancel = undefined;
    const held = items;
    items = [];
    if (held.length > 0) release(held);
  };
  return {
    add: (item: T, size: number, holdMs: number) => {
      items.push(item);
      if (items.length >= size) flush();
      else cancel ??= clock.after(holdMs, flush);
    },
    count: () => items.length,
    stop: () => cancel?.(),
  };
};

const once = (run: (() => void) | undefined) => {
  let left = run;
  return () => {
    const call = left;
    left = undefined;
    call?.();
  };
};

export const createOutboundWebhooks = (deps: {
  courier: Courier;
  faults: FaultSettings;
  clock: Clock;
  random: Random;
}) => {
  const { clock, faults, random } = deps;
  const delayed = new Set<() => void>();

  const send = (updates: Update[]) => {
    const [first] = updates;
    if (!first) return;
    const { copies, delayMs, escapeUnicode, padToBytes } = faults.of(first.number.phoneNumberId);
    const body = wireJson(
      envelope(
        first.number.wabaId,
        updates.map((update) => update.change),
      ),
      { escapeUnicode, padToBytes },
    );
    const acknowledged = once(() => updates.forEach((update) => update.onAcknowledged?.()));
    const attempted = once(() => updates.forEach((update) => update.onAttempted?.()));
    const delivery = {
      body,
      signature: signatureOf(first.number.appSecret, body),
      onRefused: attempted,
      onAcknowledged: () => {
        acknowledged();
        attempted();
      },
    };
    for (let copy = 0; copy < copies; copy++) {
      const wait = typeof delayMs === 'number' ? delayMs : delayMs[0] + random() * (delayMs[1] - delayMs[0]);
      if (wait === 0) {
        deps.courier.deliver(delivery);
        continue;
      }
      const cancel = clock.after(wait, () => {
        delayed.delete(cancel);
        deps.courier.deliver(delivery);
      });
      delayed.add(cancel);
    }
  };

  // Held per number: a webhook has one signature, and numbers may belong to different apps.
  const holds = new Map<string, ReturnType<typeof createHolds>>();
  const createHolds = () => {
    const reorder = createHold<Update[]>(clock, (webhooks) => shuffle(random, webhooks).forEach(send));
    const batch = createHold<Update>(clock, (updates) => {
      const phoneNumberId = updates[0]?.number.phoneNumberId ?? '';
      const { reorderWindow, holdMs } = faults.of(phoneNumberId);
      reorder.add(updates, reorderWindow, holdMs);
    });
    return { reorder, batch };
  };
  const holdsOf = (phoneNumberId: string) => {
    const found = holds.get(phoneNumberId) ?? createHolds();
    holds.set(phoneNumberId, found);
    return found;
  };

  return {
    send: (update: Update): void => {
      const { batchSize, holdMs } = faults.of(update.number.phoneNumberId);
      holdsOf(update.number.phoneNumberId).batch.add(update, batchSize, holdMs);
    },
    /** Updates not yet acknowledged, or not yet even sent. */
    pending: (): number => {
      const held = [...holds.values()].reduce(
        (sum, { batch, reorder }) => sum + batch.count() + reorder.count(),
        0,
      );
      return held + delayed.size + deps.courier.stats().pending;
    },
    stop: (): void => {
      for (const { batch, reorder } of holds.values()) {
        batch.stop();
        reorder.stop();
      }
      for (const cancel of delayed) cancel();
      deps.courier.stop();
    },
  };
};

export type OutboundWebhooks = ReturnType<typeof createOutboundWebhooks>;
