import type { Clock } from '../clock.ts';
import type { CustomerPatch } from '../phone/customers.ts';
import type { InboundMessage } from '../phone/inbound-message.ts';
import type { PhoneEvent } from '../phone/phones.ts';
import { pick, type Random } from '../random.ts';
import { impatience, names, portuguese, spanish, type Script } from './scripts.ts';

/**
 * Customers who keep writing. Messages arrive as a Poisson process of the asked rate, whatever the answers do: each
 * arrival is taken by a customer whose answer is due, else by one who opens a conversation, else by one who grows
 * impatient. The same seed, clock and replies give the same messages.
 */
export type LoadOptions = {
  /** Messages written by all customers together, per second, on average. */
  ratePerSecond: number;
  /** How many people there are. */
  customers: number;
  /** From a reply to the customer's answer, ms, on average. */
  thinkTimeMs?: number;
  /** Share of conversations, 0 to 1, whose customer says one thing and never answers. */
  shareWhoLeave?: number;
  /** Share of customers, 0 to 1, who write Portuguese. */
  sharePortuguese?: number;
  /** From delivery to reading, ms; null: they never read. */
  readsAfterMs?: number | null;
  /** Number they write to; default the first. */
  phoneNumberId?: string;
  random: Random;
  clock: Clock;
};

export type LoadStats = { running: boolean; written: number; opened: number; left: number };

type Talks = {
  write: (phone: string, message: InboundMessage) => unknown;
  setCustomer: (phone: string, patch: CustomerPatch) => unknown;
  listen: (listener: (event: PhoneEvent) => void) => () => void;
};

type Person = {
  phone: string;
  name: string;
  language: 'es' | 'pt';
  script?: Script;
  nextLine: number;
  leaves: boolean;
  /** When the answer is due; undefined while waiting for a reply, or idle. */
  dueAt?: number;
};

export const createLoad = (options: LoadOptions & { simulator: Talks }) => {
  const { clock, random, simulator, ratePerSecond, phoneNumberId } = options;
  const { thinkTimeMs = 4000, shareWhoLeave = 0.1, sharePortuguese = 0.2, readsAfterMs = 800 } = options;
  const stats: LoadStats = { running: false, written: 0, opened: 0, left: 0 };

  const people: Person[] = Array.from({ length: options.customers }, (_, index) => {
    const language = random() < sharePortuguese ? 'pt' : 'es';
    const line = String(index).padStart(7, '0');
    const phone = language === 'pt' ? `5511${line.padStart(9, '9')}` : `57310${line}`;
    return {
      phone,
      name: `${pick(random, names[language].given)} ${pick(random, names[language].family)}`,
      language,
      nextLine: 0,
      leaves: false,
    };
  });
  const byPhone = new Map(people.map((person) => [person.phone, person]));
  const idle = new Set(people);
  const thinking = new Set<Person>();
  const waiting = new Set<Person>();

  let nextAt = 0;
  let cancelNext: (() => void) | undefined;
  let stopListening: (() => void) | undefined;

  const write = (person: Person, text: string) => {
    stats.written += 1;
    simulator.write(person.phone, { text, name: person.name, phoneNumberId });
  };

  const rest = (person: Person) => {
    person.script = undefined;
    person.dueAt = undefined;
    thinking.delete(person);
    waiting.delete(person);
    // Last in line, so that others are heard first.
    idle.delete(person);
    idle.add(person);
  };

  const open = (person: Person) => {
    idle.delete(person);
    person.script = pick(random, person.language === 'pt' ? portuguese : spanish);
    person.leaves = random() < shareWhoLeave;
    person.nextLine = 1;
    stats.opened += 1;
    simulator.setCustomer(person.phone, { name: person.name, readsAfterMs });
    write(person, person.script[0]);
    if (person.leaves) {
      stats.left += 1;
      rest(person);
    } else {
      waiting.add(person);
    }
  };

  const answer = (person: Person) => {
    thinking.delete(person);
    person.dueAt = undefined;
    const line = person.script?.[person.nextLine];
    if (line === undefined) return rest(person);
    person.nextLine += 1;
    write(person, line);
    if (person.nextLine >= (person.script?.length ?? 0)) rest(person);
    else waiting.add(person);
  };

  const hearReply = (event: PhoneEvent) => {
    if (event.type !== 'message' || event.message.direction !== 'in' || event.message.status !== 'accepted')
      return;
    const person = byPhone.get(event.message.customer);
    if (!person || !waiting.delete(person)) return;
    person.dueAt = clock.now() + exponential(random, thinkTimeMs);
    thinking.add(person);
  };

  const firstOf = (set: Set<Person>): Person | undefined => set.values().next().value;

  const arrival = () => {
    const now = clock.now();
    const due = [...thinking]
      .filter((person) => (person.dueAt ?? now) <= now)
      .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))[0];
    const newcomer = firstOf(idle);
    const impatient = firstOf(waiting);
    if (due) answer(due);
    else if (newcomer) open(newcomer);
    else if (impatient) {
      waiting.delete(impatient);
      waiting.add(impatient);
      write(impatient, pick(random, impatience[impatient.language]));
    }
  };

  /** Arrivals keep to their own timetable: a late timer is made up for, or the rate would sink under load. */
  const schedule = () => {
    if (stats.running) cancelNext = clock.after(Math.max(0, nextAt - clock.now()), runDue);
  };

  const runDue = () => {
    while (stats.running && nextAt <= clock.now()) {
      arrival();
      nextAt += exponential(random, 1000 / ratePerSecond);
    }
    schedule();
  };

  return {
    start: (): void => {
      if (stats.running) return;
      stats.running = true;
      stopListening = simulator.listen(hearReply);
      nextAt = clock.now() + exponential(random, 1000 / ratePerSecond);
      schedule();
    },
    stop: (): void => {
      stats.running = false;
      cancelNext?.();
      stopListening?.();
    },
    stats: (): LoadStats => ({ ...stats }),
  };
};

/** Times between events that do not know of each other. */
const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean;
