import { digitsOf } from '../numbers.ts';
import { isPhone, newCustomer, type Customer, type CustomerPatch } from './customers.ts';
import type { DeliveryStatus, PhoneMessage } from './phone-message.ts';

/**
 * The customers and their conversations: a fold of entries, so that replaying the journal gives back the same phones.
 */
export type PhoneEntry =
  | { type: 'customer'; customer: Customer }
  | { type: 'message'; message: PhoneMessage }
  | { type: 'acknowledged'; id: string }
  | { type: 'status'; id: string; status: DeliveryStatus }
  | { type: 'seen'; id: string }
  | { type: 'reaction'; id: string; by: 'customer' | 'business'; emoji: string }
  | { type: 'edited'; id: string; text: string }
  | { type: 'revoked'; id: string };

export type PhoneEvent =
  | { type: 'customer'; customer: Customer }
  | { type: 'message'; message: PhoneMessage }
  | { type: 'typing'; customer: string; phoneNumberId: string; until: string };

type Conversation = { messages: PhoneMessage[]; lastWrittenAt?: number };

const statusRank: Record<DeliveryStatus, number> = { accepted: 0, sent: 1, failed: 2, delivered: 3, read: 4 };

export const createPhones = (deps: {
  /** Called with each new entry, before listeners are told. */
  record?: (entry: PhoneEntry) => void;
  /** Oldest messages of a conversation beyond this are forgotten. */
  keepPerConversation?: number;
}) => {
  const keep = deps.keepPerConversation ?? 2000;
  const customers = new Map<string, Customer>();
  const phoneByAlias = new Map<string, string>();
  const conversations = new Map<string, Conversation>();
  const byId = new Map<string, PhoneMessage>();
  const earlyReactions = new Map<string, NonNullable<PhoneMessage['reactions']>>();
  const listeners = new Set<(event: PhoneEvent) => void>();

  const tell = (event: PhoneEvent) => listeners.forEach((listener) => listener(event));

  const conversationOf = (phoneNumberId: string, phone: string): Conversation => {
    const key = `${phoneNumberId}/${phone}`;
    const found = conversations.get(key) ?? { messages: [] };
    conversations.set(key, found);
    return found;
  };

  const addMessage = (message: PhoneMessage): PhoneMessage => {
    const reactions = earlyReactions.get(message.id);
    earlyReactions.delete(message.id);
    const added = reactions ? { ...message, reactions } : { ...message };
    const conversation = conversationOf(message.phoneNumberId, message.customer);
    conversation.messages.push(added);
    byId.set(added.id, added);
    const writtenAt = Date.parse(message.at);
    if (message.direction === 'out' && writtenAt > (conversation.lastWrittenAt ?? 0))
      conversation.lastWrittenAt = writtenAt;
    if (conversation.messages.length > keep) {
      const forgotten = conversation.messages.shift();
      if (forgotten) byId.delete(forgotten.id);
    }
    return added;
  };

  /** Changes the state by one entry; returns the message it touched, if any. */
  const apply = (entry: PhoneEntry): PhoneMessage | undefined => {
    if (entry.type === 'customer') {
      const { customer } = entry;
      customers.set(customer.phone, customer);
      for (const alias of [customer.phone, customer.waId, customer.userId])
        phoneByAlias.set(alias, customer.phone);
      return undefined;
    }
    if (entry.type === 'message') return byId.has(entry.message.id) ? undefined : addMessage(entry.message);
    const message = byId.get(entry.id);
    if (entry.type === 'reaction' && !message) {
      earlyReactions.set(entry.id, { ...earlyReactions.get(entry.id), [entry.by]: entry.emoji || undefined });
    }
    if (!message) return undefined;
    switch (entry.type) {
      case 'acknowledged':
        message.ticks = 2;
        break;
      case 'status':
        if (statusRank[entry.status] > statusRank[message.status ?? 'accepted'])
          message.status = entry.status;
        break;
      case 'seen':
        message.seen = true;
        break;
      case 'reaction':
        message.reactions = { ...message.reactions, [entry.by]: entry.emoji || undefined };
        break;
      case 'edited':
        message.text = entry.text;
        message.edited = true;
        break;
      case 'revoked':
        message.revoked = true;
        break;
    }
    return message;
  };

  const change = (entry: PhoneEntry): void => {
    const touched = apply(entry);
    deps.record?.(entry);
    if (entry.type === 'customer') tell(entry);
    else if (touched) tell({ type: 'message', message: touched });
  };

  /** The customer of a phone number or business-scoped id, if known. */
  const find = (alias: string): Customer | undefined => {
    const phone = phoneByAlias.get(alias) ?? phoneByAlias.get(digitsOf(alias));
    return phone === undefined ? undefined : customers.get(phone);
  };

  const ensure = (phone: string, patch: CustomerPatch = {}): Customer => {
    if (!isPhone(phone)) throw new Error(`Not a phone number: ${phone}`);
    const known = find(phone);
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    if (known && Object.entries(given).every(([field, value]) => known[field as keyof Customer] === value))
      return known;
    const customer: Customer = { ...(known ?? newCustomer(phone)), ...given };
    change({ type: 'customer', customer });
    return customer;
  };

  return {
    change,
    /** Brings back an entry of the journal: nothing is recorded again and nobody is told. */
    replay: (entry: PhoneEntry): void => void apply(entry),
    ensure,
    find,
    message: (id: string): PhoneMessage | undefined => byId.get(id),
    messages: (phoneNumberId: string, phone: string): PhoneMessage[] =>
      conversationOf(phoneNumberId, phone).messages,
    lastWrittenAt: (phoneNumberId: string, phone: string): number | undefined =>
      conversationOf(phoneNumberId, phone).lastWrittenAt,
    customers: (): Customer[] => [...customers.values()],
    allMessages: (): PhoneMessage[] => [...byId.values()],
    showTyping: (phoneNumberId: string, customer: string, until: number): void =>
      tell({ type: 'typing', phoneNumberId, customer, until: new Date(until).toISOString() }),
    listen: (listener: (event: PhoneEvent) => void): (() => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

export type Phones = ReturnType<typeof createPhones>;
