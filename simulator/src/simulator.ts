import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from './clock.ts';
import { createFaults, type FaultsPatch } from './faults.ts';
import { createMediaStore, type MediaArchive } from './graph/media-store.ts';
import { createRateLimits } from './graph/rate-limits.ts';
import { createSendMessage, type SendAnswer } from './graph/send-message.ts';
import { createStatusReports, type StatusDelays } from './graph/status-reports.ts';
import { createTemplates } from './graph/templates.ts';
import { createLoad, type LoadOptions } from './load/load.ts';
import { silentLogger, type Logger } from './logger.ts';
import { demoNumber, type BusinessNumber } from './numbers.ts';
import type { Customer, CustomerPatch } from './phone/customers.ts';
import type { InboundMessage } from './phone/inbound-message.ts';
import type { PhoneMessage } from './phone/phone-message.ts';
import { isWebhookEntry, type JournalEntry } from './phone/journal.ts';
import { createPhones, type PhoneEvent } from './phone/phones.ts';
import { createWriteMessage } from './phone/write-message.ts';
import type { Random } from './random.ts';
import { createCourier } from './webhook/courier.ts';
import { createDurableWebhooks } from './webhook/durable-webhooks.ts';
import { createOutboundWebhooks } from './webhook/outbound-webhooks.ts';
import type { Change } from './webhook/payloads.ts';

export type SimulatorOptions = {
  /** Default: the demo number. */
  numbers?: BusinessNumber[];
  /** Where webhooks go; may be set later, meanwhile they wait. */
  webhookUrl?: string;
  clock?: Clock;
  /** Decides faults, media ids and the load; seed it for runs that repeat. */
  random?: Random;
  /** Unique hexadecimal, 20 characters: the heart of a message id. Must never repeat for one receiver. */
  ids?: () => string;
  fetch?: typeof globalThis.fetch;
  logger?: Logger;
  /** How long after a send its statuses are reported, ms. Read follows when the customer reads. */
  statusDelays?: StatusDelays;
  /** Waits between attempts of a webhook, ms; the last repeats until the receiver answers 200. */
  retryScheduleMs?: readonly number[];
  webhookTimeoutMs?: number;
  maxWebhooksInFlight?: number;
  mediaCapBytes?: number;
  /** Keeps media across restarts; default: memory alone. */
  mediaArchive?: MediaArchive;
  /** What the phones showed before, and where to write down what they show next. */
  journal?: { entries: JournalEntry[]; record: (entry: JournalEntry) => void };
};

const defaults = {
  // Minutes and hours with Meta; a demo should not wait that long.
  retryScheduleMs: [250, 500, 1000, 2000, 5000],
  statusDelays: { sent: 60, delivered: 250 },
  webhookTimeoutMs: 10_000,
  maxWebhooksInFlight: 64,
  mediaCapBytes: 256 * 1024 * 1024,
} as const;

/** Plays WhatsApp: Meta's Graph API on one side, customers with phones on the other, signed webhooks between. */
export const createSimulator = (options: SimulatorOptions = {}) => {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const ids = options.ids ?? (() => randomBytes(10).toString('hex').toUpperCase());
  const logger = options.logger ?? silentLogger;
  const fetch = options.fetch ?? globalThis.fetch;
  const numbers = options.numbers ?? [demoNumber];
  let webhookUrl = options.webhookUrl;

  const faults = createFaults();
  const media = createMediaStore({
    clock,
    random,
    archive: options.mediaArchive,
    capBytes: options.mediaCapBytes ?? defaults.mediaCapBytes,
  });
  const templates = createTemplates({ random });
  const phones = createPhones({ record: options.journal?.record });
  const courier = createCourier({
    fetch,
    clock,
    logger,
    url: () => webhookUrl,
    retryScheduleMs: options.retryScheduleMs ?? defaults.retryScheduleMs,
    timeoutMs: options.webhookTimeoutMs ?? defaults.webhookTimeoutMs,
    maxInFlight: options.maxWebhooksInFlight ?? defaults.maxWebhooksInFlight,
  });
  const outbound = createOutboundWebhooks({ courier, faults, clock, random });
  const webhooks = createDurableWebhooks({
    webhooks: outbound,
    record: (entry) => options.journal?.record(entry),
    ids,
    onAcknowledged: (id) => phones.change({ type: 'acknowledged', id }),
  });

  const numberById = (phoneNumberId: string) =>
    numbers.find((number) => number.phoneNumberId === phoneNumberId);
  const mustNumber = (phoneNumberId?: string): BusinessNumber => {
    const number = phoneNumberId === undefined ? numbers[0] : numberById(phoneNumberId);
    if (!number) throw new Error(`Unknown phone number id: ${phoneNumberId ?? 'none is set up'}`);
    return number;
  };

  const statuses = createStatusReports({
    phones,
    webhooks,
    faults,
    clock,
    delays: options.statusDelays ?? defaults.statusDelays,
    number: numberById,
  });
  const handleSend = createSendMessage({
    phones,
    statuses,
    media,
    templates,
    faults,
    rates: createRateLimits({ clock }),
    clock,
    ids,
  });
  const write = createWriteMessage({ phones, webhooks, media, clock, ids });
  const sends = { accepted: 0, refused: 0, lost: 0 };
  let load: ReturnType<typeof createLoad> | undefined;

  const send = async (number: BusinessNumber, body: unknown): Promise<SendAnswer> => {
    const answer = await handleSend(number, body);
    if ('refused' in answer) sends.refused += 1;
    else if ('lost' in answer) sends.lost += 1;
    else sends.accepted += 1;
    return answer;
  };

  const resumeAfterRestart = ({ entries }: { entries: JournalEntry[] }) => {
    for (const entry of entries) if (!isWebhookEntry(entry)) phones.replay(entry);
    webhooks.resume(entries.filter(isWebhookEntry), numberById);
    for (const message of phones.allMessages()) {
      const customer = phones.find(message.customer);
      if (!customer || message.direction === 'out') continue;
      if (message.status === 'accepted') statuses.follow(message, customer);
      if (message.status === 'sent') statuses.follow(message, customer, { alreadySent: true });
    }
  };
  if (options.journal) resumeAfterRestart(options.journal);

  const simulator = {
    numbers,
    faults,
    media,
    templates,
    phones,
    clock,
    logger,
    send,
    setWebhookUrl: (url: string | undefined): void => {
      webhookUrl = url;
    },
    setFaults: (patch: FaultsPatch, phoneNumberId?: string): void => faults.set(patch, phoneNumberId),
    clearFaults: (): void => faults.clear(),
    /** Makes a customer, or changes one. */
    setCustomer: (phone: string, patch: CustomerPatch = {}): Customer => phones.ensure(phone, patch),
    /** A customer writes (or taps, reacts, edits…); the webhook follows. */
    write: (phone: string, message: string | InboundMessage): { id: string; at: string } => {
      const input = typeof message === 'string' ? { text: message } : message;
      return write(mustNumber(input.phoneNumberId), phone, input);
    },
    /** The conversation as the customer's phone shows it, in the order it arrived there. */
    messages: (phone: string, phoneNumberId?: string): PhoneMessage[] => {
      const customer = phones.find(phone);
      return customer ? phones.messages(mustNumber(phoneNumberId).phoneNumberId, customer.phone) : [];
    },
    /** The customer looks at the chat: everything delivered becomes read. Returns how many messages were unread. */
    read: (phone: string, phoneNumberId?: string): number => {
      const unread = simulator
        .messages(phone, phoneNumberId)
        .filter(
          (message) => message.direction === 'in' && message.status !== 'read' && message.status !== 'failed',
        );
      unread.forEach(statuses.markRead);
      return unread.length;
    },
    /** The customer listens to a voice note: reported as played. False when there is no such message. */
    play: (messageId: string): boolean => {
      const message = phones.message(messageId);
      if (message?.direction !== 'in') return false;
      void statuses.report(message, 'played');
      return true;
    },
    /** Sends any change as a webhook, for fields that no customer causes. */
    sendChange: (change: Change, phoneNumberId?: string): void =>
      webhooks.send({ number: mustNumber(phoneNumberId), change }),
    /** Meta's handshake with the receiver: true when it returned the challenge. */
    verifyWebhook: async (verifyToken: string): Promise<{ verified: boolean; status: number }> => {
      if (webhookUrl === undefined) throw new Error('No webhook URL is set.');
      const url = new URL(webhookUrl);
      const challenge = String(Math.floor(random() * 1e9));
      url.searchParams.set('hub.mode', 'subscribe');
      url.searchParams.set('hub.challenge', challenge);
      url.searchParams.set('hub.verify_token', verifyToken);
      const response = await fetch(url, { headers: { 'user-agent': 'facebookexternalua' } });
      const body = await response.text();
      return { verified: response.status === 200 && body === challenge, status: response.status };
    },
    listen: (listener: (event: PhoneEvent) => void): (() => void) => phones.listen(listener),
    startLoad: (loadOptions: Omit<LoadOptions, 'random' | 'clock'> & { random?: Random }): void => {
      load?.stop();
      load = createLoad({ random, clock, ...loadOptions, simulator });
      load.start();
    },
    stopLoad: (): void => load?.stop(),
    stats: () => ({
      webhooks: { ...courier.stats(), pending: outbound.pending() },
      sends: { ...sends },
      customers: phones.customers().length,
      load: load?.stats() ?? { running: false, written: 0, opened: 0, left: 0 },
    }),
    /**
     * Resolves when every webhook that left was acknowledged; statuses that are still to come are not waited for.
     * Real time, whatever the clock.
     */
    idle: async (timeoutMs = 10_000): Promise<void> => {
      const until = Date.now() + timeoutMs;
      while (outbound.pending() > 0) {
        if (Date.now() > until)
          throw new Error(`${outbound.pending()} webhooks were not acknowledged in ${timeoutMs} ms.`);
        await new Promise((resume) => setTimeout(resume, 5));
      }
    },
    stop: (): void => {
      load?.stop();
      statuses.stop();
      outbound.stop();
    },
  };
  return simulator;
};

export type Simulator = ReturnType<typeof createSimulator>;
