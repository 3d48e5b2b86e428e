import type { BusinessNumber } from '../numbers.ts';
import type { OutboundWebhooks, Update } from './outbound-webhooks.ts';
import type { Change } from './payloads.ts';

/**
 * Meta does not forget a webhook because one of its machines restarts. Each update is written down before it leaves
 * and crossed out once acknowledged; what is left over at the start is sent again.
 */
export type WebhookEntry =
  | { type: 'webhook'; key: string; phoneNumberId: string; change: Change; messageId?: string }
  | { type: 'webhook-acknowledged'; key: string };

export type Post = Pick<Update, 'number' | 'change' | 'onAttempted'> & {
  /** The customer's message that gets its second tick by this. */
  messageId?: string;
};

export const createDurableWebhooks = (deps: {
  webhooks: OutboundWebhooks;
  record: (entry: WebhookEntry) => void;
  ids: () => string;
  onAcknowledged: (messageId: string) => void;
}) => {
  const carry = (key: string, { messageId, ...update }: Post) =>
    deps.webhooks.send({
      ...update,
      onAcknowledged: () => {
        deps.record({ type: 'webhook-acknowledged', key });
        if (messageId !== undefined) deps.onAcknowledged(messageId);
      },
    });

  return {
    send: (post: Post): void => {
      const key = deps.ids();
      const { number, change, messageId } = post;
      deps.record({ type: 'webhook', key, phoneNumberId: number.phoneNumberId, change, messageId });
      carry(key, post);
    },
    resume: (
      entries: WebhookEntry[],
      number: (phoneNumberId: string) => BusinessNumber | undefined,
    ): void => {
      for (const { key, phoneNumberId, change, messageId } of unacknowledged(entries)) {
        const from = number(phoneNumberId);
        if (from) carry(key, { number: from, change, messageId });
      }
    },
  };
};

export type DurableWebhooks = ReturnType<typeof createDurableWebhooks>;

/** Entries of webhooks that were never answered with 200. */
export const unacknowledged = (entries: WebhookEntry[]) => {
  const open = new Map<string, Extract<WebhookEntry, { type: 'webhook' }>>();
  for (const entry of entries) {
    if (entry.type === 'webhook') open.set(entry.key, entry);
    else open.delete(entry.key);
  }
  return [...open.values()];
};
