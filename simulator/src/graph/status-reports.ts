import type { Clock } from '../clock.ts';
import type { FaultSettings } from '../faults.ts';
import type { BusinessNumber } from '../numbers.ts';
import type { Customer } from '../phone/customers.ts';
import type { PhoneMessage } from '../phone/phone-message.ts';
import type { Phones } from '../phone/phones.ts';
import type { DurableWebhooks } from '../webhook/durable-webhooks.ts';
import { statusChange, type StatusReport } from '../webhook/payloads.ts';
import { metaError, statusError } from './errors.ts';

/** How long after a send its statuses are reported, ms. */
export type StatusDelays = { sent: number; delivered: number };

/**
 * Tells the business what became of its messages: sent, delivered, and read when the customer has looked.
 * What the phone shows and what the webhooks say come from the same place.
 */
export const createStatusReports = (deps: {
  phones: Phones;
  webhooks: DurableWebhooks;
  faults: FaultSettings;
  clock: Clock;
  delays: StatusDelays;
  number: (phoneNumberId: string) => BusinessNumber | undefined;
}) => {
  const { phones, clock, faults } = deps;
  const timers = new Set<() => void>();
  /** Messages the customer has looked at before their delivery was reported. */
  const lookedAt = new Set<string>();

  const after = (ms: number, run: () => void) => {
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  };

  /** Resolves after the webhook's first attempt. */
  const report = (
    message: PhoneMessage,
    status: StatusReport['status'],
    errors?: object[],
  ): Promise<void> => {
    const number = deps.number(message.phoneNumberId);
    const customer = phones.find(message.customer);
    if (!number || !customer) return Promise.resolve();
    if (status !== 'played') phones.change({ type: 'status', id: message.id, status });
    return new Promise((onAttempted) =>
      deps.webhooks.send({
        number,
        change: statusChange(number, customer, {
          id: message.id,
          status,
          at: clock.now(),
          opaque: faults.of(message.phoneNumberId).withoutOpaqueData ? undefined : message.opaque,
          category: message.category,
          errors,
        }),
        onAttempted,
      }),
    );
  };

  const reportRead = (message: PhoneMessage) => {
    lookedAt.delete(message.id);
    void report(message, 'read');
  };

  const reportDelivered = (message: PhoneMessage, customer: Customer) => {
    void report(message, 'delivered');
    if (lookedAt.has(message.id)) reportRead(message);
    else if (customer.readsAfterMs !== null && message.kind !== 'reaction')
      after(customer.readsAfterMs, () => markRead(message));
  };

  const markRead = (message: PhoneMessage) => {
    if (message.status === 'delivered') reportRead(message);
    else if (message.status === 'accepted' || message.status === 'sent') lookedAt.add(message.id);
  };

  return {
    /** Starts the reports for a message that was accepted. */
    follow: (message: PhoneMessage, customer: Customer, options: { alreadySent?: boolean } = {}): void => {
      const { sent, delivered } = deps.delays;
      if (faults.of(message.phoneNumberId).statusesOutOfOrder) {
        after(sent, () => {
          void report(message, 'read');
          void report(message, 'delivered');
          void report(message, 'sent');
        });
        return;
      }
      if (!options.alreadySent) after(sent, () => void report(message, 'sent'));
      after(delivered, () => reportDelivered(message, customer));
    },
    fail: (message: PhoneMessage, code: number): void =>
      after(deps.delays.sent, () => void report(message, 'failed', [statusError(metaError(code))])),
    report,
    markRead,
    stop: (): void => timers.forEach((cancel) => cancel()),
  };
};

export type StatusReports = ReturnType<typeof createStatusReports>;
