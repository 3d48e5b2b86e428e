import { seal, emptyHead, type Head } from '@recado/domain/commit/chain';
import type { Actor, Cause, Commit, EventEnvelope } from '@recado/domain/commit/commit';

/**
 * A month of conversations with its own truth. Each conversation is played from a script of pauses and moves; while
 * it is played, what happened is written down twice: as commits for the store, and as durations and outcomes added
 * up from the script's own pauses. The second never looks at an event, a fold or the warehouse.
 */
export interface Truth {
  conversationId: string;
  numberId: string;
  /** Customer's first message, ms since the epoch, by the provider's clock; null where the customer never wrote. */
  received: number | null;
  /** Queue of the answer, or the last one entered. */
  queue: string | null;
  firstAgent: string | null;
  attended: boolean;
  abandoned: boolean;
  frt: number | null;
  nrt: { agent: string; ms: number }[];
  customerWait: number;
  asa: number | null;
  /** By agent; null while somebody has it. */
  handled: Map<string, number> | null;
  /** Server time, ms since the epoch. */
  firstClosed: number | null;
  /** The close that stands. */
  closed: number | null;
  sla: 'met' | 'missed' | 'none';
  transfers: number;
  returns: number;
  reopenings: number;
}

export interface GeneratedMonth {
  truths: Truth[];
  /** In the order in which they were appended: many conversations at once. */
  commits: Commit[];
}

export const queueTargets: Record<string, { slaMs: number; changedTo?: { slaMs: number; on: number } }> = {
  sales: { slaMs: 60_000 },
  // T of support is changed in the middle of the month: conversations keep the one of their day.
  support: { slaMs: 300_000, changedTo: { slaMs: 30_000, on: Date.UTC(2026, 9, 16) } },
};
const agents = ['ana', 'bruno', 'carla'];
const numbers = ['100', '200'];
const monthStart = Date.UTC(2026, 9, 1, 5); // Midnight of 1 October in Bogotá.
const monthEnd = Date.UTC(2026, 10, 1, 5);

const targetOf = (queue: string, at: number): number | null => {
  const target = queueTargets[queue];
  if (!target) return null;
  return target.changedTo && at >= target.changedTo.on ? target.changedTo.slaMs : target.slaMs;
};

/** Numerical Recipes' LCG, enough for scripts that can be played again. */
function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return {
    chance: (share: number) => next() < share,
    between: (low: number, high: number) => Math.floor(low + next() * (high - low + 1)),
    one: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
  };
}
type Random = ReturnType<typeof createRandom>;

const iso = (ms: number): string => new Date(ms).toISOString();

export function generateMonth(seed: number, conversations: number): GeneratedMonth {
  const random = createRandom(seed);
  const commits: Commit[] = [];
  for (const [queueId, { slaMs, changedTo }] of Object.entries(queueTargets)) {
    const stream = createStream(`settings.queue.${queueId}`, commits);
    const configured = (ms: number) => [
      { type: 'QueueConfigured', data: { queueId, name: queueId, slaMs: ms, agentIds: agents } },
    ];
    stream(Date.UTC(2026, 8, 1), configured(slaMs));
    if (changedTo) stream(changedTo.on, configured(changedTo.slaMs));
  }
  const truths = Array.from({ length: conversations }, (_, index) => play(random, index, commits));
  return { truths, commits: interleave(commits) };
}

/** One conversation: the script, its commits, and what is true of it. */
function play(random: Random, index: number, commits: Commit[]): Truth {
  const numberId = random.one(numbers);
  const contactId = `c${index}`;
  const conversationId = `${numberId}.${contactId}.000001`;
  const append = createStream(`conversation.${conversationId}`, commits);
  let now = startOf(random);
  let made = 0;

  const truth: Truth = {
    conversationId,
    numberId,
    received: null,
    queue: null,
    firstAgent: null,
    attended: false,
    abandoned: false,
    frt: null,
    nrt: [],
    customerWait: 0,
    asa: null,
    handled: new Map(),
    firstClosed: null,
    closed: null,
    sla: 'none',
    transfers: 0,
    returns: 0,
    reopenings: 0,
  };
  // Clocks of the script: how long each thing has been going on, moved on by every pause.
  let sinceQueueEntry = 0;
  let sinceService: number | null = null;
  let serviceFrom = 0;
  let inQueueBeforeReply = 0;
  let heldFor = 0;
  let entered = false;
  let inQueue = false;
  let agent: string | null = null;
  /** Provider time of the customer's earliest message without a reply. */
  let unanswered: number | null = null;

  const pause = (low: number, high: number): void => {
    const ms = random.between(low, high);
    now += ms;
    if (truth.attended) {
      if (agent) heldFor += ms;
      return;
    }
    sinceQueueEntry += ms;
    if (sinceService !== null) sinceService += ms;
    if (inQueue) inQueueBeforeReply += ms;
    if (agent) heldFor += ms;
  };
  const release = (): void => {
    if (!agent) return;
    truth.handled?.set(agent, (truth.handled.get(agent) ?? 0) + heldFor);
    agent = null;
    heldFor = 0;
  };
  const hold = (by: string): void => {
    inQueue = false;
    agent = by;
    heldFor = 0;
  };
  const enter = (queue: string): void => {
    entered = true;
    inQueue = true;
    if (truth.attended) return;
    truth.queue = queue;
    sinceQueueEntry = 0;
    if (sinceService === null) {
      sinceService = 0;
      serviceFrom = now;
    }
  };
  const events: EventEnvelope[] = [];
  const commit = (): void => {
    append(now, events.splice(0));
  };

  const writes = (options: { delay?: number; also?: EventEnvelope[] } = {}): void => {
    // Providers' timestamps are whole seconds, mostly earlier than the commit, sometimes by far, sometimes ahead.
    const sent = Math.floor((now - (options.delay ?? random.between(-800, 3_000))) / 1_000) * 1_000;
    const id = `${index}-${made++}`;
    const message: EventEnvelope = {
      type: 'MessageReceived',
      occurredAt: iso(sent),
      data: { messageId: `in-${id}`, providerId: `wamid.${id}`, content: { kind: 'text', body: 'hola 👋' } },
    };
    events.push(message);
    // A webhook that was delivered twice and slipped through.
    if (random.chance(0.05)) events.push(structuredClone(message));
    truth.received = truth.received === null ? sent : Math.min(truth.received, sent);
    unanswered = unanswered === null ? sent : Math.min(unanswered, sent);
  };
  const says = (kind: 'agent' | 'bot', by: string): void => {
    const messageId = `out-${index}-${made++}`;
    const content = { kind: 'text', body: 'buenas' };
    events.push({ type: 'MessageQueued', data: { messageId, author: { kind, id: by }, content } });
    commit();
    if (random.chance(0.5)) delivered(messageId);
  };
  const delivered = (messageId: string): void => {
    const attemptId = `try-${messageId}`;
    const providerId = `wamid.${messageId}`;
    const status = (name: string, ms: number): EventEnvelope => ({
      type: 'DeliveryReported',
      occurredAt: iso(Math.floor((now + ms) / 1_000) * 1_000),
      data: { providerId, attemptId: null, status: name, pricing: { billable: true, category: 'service' } },
    });
    events.push({ type: 'SendClaimed', data: { messageId, attemptId } });
    commit();
    // The status may come before the send's own answer, and read before delivered.
    if (random.chance(0.3)) events.push(status('read', 5_000));
    events.push({ type: 'SendAccepted', data: { messageId, attemptId, providerId } });
    events.push(status('delivered', 2_000));
    commit();
  };
  const replies = (): void => {
    const by = agent as string;
    if (!truth.attended) {
      truth.attended = true;
      truth.firstAgent = by;
      truth.frt = sinceQueueEntry;
      truth.asa = entered ? inQueueBeforeReply : null;
      if (sinceService !== null && truth.queue !== null) {
        const target = targetOf(truth.queue, serviceFrom);
        truth.sla = target === null ? 'none' : sinceService <= target ? 'met' : 'missed';
      }
      if (unanswered !== null) truth.customerWait += Math.max(0, now - unanswered);
    } else if (unanswered !== null) {
      const ms = Math.max(0, now - unanswered);
      truth.nrt.push({ agent: by, ms });
      truth.customerWait += ms;
    }
    unanswered = null;
    says('agent', by);
  };
  const assign = (to: string, reason: string): void => {
    events.push({ type: 'ConversationAssigned', data: { agentId: to, queueId: null, reason } });
    hold(to);
  };
  const queue = (queueId: string, reason: string): void => {
    events.push({ type: 'ConversationQueued', data: { queueId, reason } });
    enter(queueId);
  };
  const close = (reason: string): void => {
    events.push({ type: 'ConversationClosed', data: { reason, agentId: agent } });
    release();
    inQueue = false;
    unanswered = null;
    commit();
    truth.closed = now;
    truth.firstClosed ??= now;
    const left = ['customer_left', 'inactivity', 'window_expired'].includes(reason);
    truth.abandoned = left && entered && !truth.attended && sinceService !== null;
    if (truth.abandoned && truth.queue !== null) {
      const target = targetOf(truth.queue, serviceFrom);
      truth.sla = target !== null && (sinceService ?? 0) > target ? 'missed' : 'none';
    }
  };
  const reopen = (): void => {
    truth.reopenings++;
    truth.closed = null;
    truth.abandoned = false;
    if (!truth.attended) {
      truth.sla = 'none';
      sinceService = null;
      sinceQueueEntry = 0;
    }
    events.push({ type: 'ConversationReopened', data: { reason: 'customer_message' } });
    writes();
    // A third queue has no settings, so no service level.
    queue(truth.queue ?? 'walk-in', 'reopened');
    commit();
  };

  events.push({
    type: 'ConversationOpened',
    data: {
      numberId,
      contactId,
      episode: 1,
      provider: 'meta',
      contactName: `Contacto ${index} ñ 🎉`,
      address: { scheme: 'wa_phone', value: '+573001112233' },
    },
  });
  if (random.chance(0.02)) {
    // Opened by the company's own phone: the customer never writes.
    const content = { kind: 'text', body: 'hola' };
    events.push({
      type: 'MessageReceived',
      data: { messageId: `echo-${index}`, providerId: `wamid.echo-${index}`, content, echo: true },
    });
    commit();
    return truth;
  }
  // A webhook that arrives days late now and then: the day that counts is the customer's.
  writes({ delay: random.chance(0.03) ? random.between(3_600_000, 5 * 86_400_000) : undefined });
  commit();
  pause(100, 2_000);
  if (random.chance(0.8)) says('bot', 'greeter');
  if (random.chance(0.04)) {
    pause(60_000, 600_000);
    close('inactivity');
    return truth;
  }
  pause(100, 20_000);
  queue(random.one(['sales', 'support', 'support', 'walk-in']), 'handover');
  commit();

  const legs = random.chance(0.2) ? random.between(2, 3) : 1;
  for (let leg = 1; ; leg++) {
    playLeg();
    if (leg === legs || truth.closed === null) break;
    pause(3_600_000, 20 * 3_600_000);
    reopen();
  }
  // Written before the first message, delivered last of all.
  if (random.chance(0.05) && truth.received !== null && truth.closed === null) {
    pause(1_000, 60_000);
    writes({ delay: now - truth.received + 30_000 });
    commit();
  }
  if (agent) truth.handled = null;
  return truth;

  function playLeg(): void {
    pause(1_000, 400_000);
    if (random.chance(0.12))
      return close(random.one(['customer_left', 'inactivity', 'window_expired', 'supervisor']));
    assign(random.one(agents), 'routed');
    commit();
    if (random.chance(0.1)) {
      pause(60_000, 900_000);
      truth.returns++;
      events.push({
        type: 'ConversationReturned',
        data: { agentId: agent, queueId: truth.queue, reason: 'agent_offline' },
      });
      release();
      queue(truth.queue ?? 'walk-in', 'returned');
      commit();
      pause(1_000, 90_000);
      assign(random.one(agents), 'routed');
      commit();
    }
    for (let turns = random.between(0, 5); turns > 0; turns--) {
      pause(500, 120_000);
      replies();
      if (random.chance(0.2)) {
        // The agent adds something: nobody was waiting.
        pause(1_000, 9_000);
        replies();
      }
      for (let messages = random.between(0, 2); messages > 0; messages--) {
        pause(1_000, 60_000);
        // Sometimes delivered late, and earlier than what has been answered meanwhile.
        writes({ delay: random.chance(0.1) ? random.between(10_000, 300_000) : undefined });
        commit();
      }
      if (random.chance(0.1)) {
        pause(500, 30_000);
        transfer();
      }
    }
    if (random.chance(0.06)) return; // Still in somebody's hands at the end of the month.
    pause(1_000, 60_000);
    close(random.one(['resolved', 'resolved', 'resolved', 'customer_left', 'inactivity']));
  }

  function transfer(): void {
    truth.transfers++;
    const from = agent;
    if (random.chance(0.5)) {
      const to = random.one(agents.filter((other) => other !== from));
      events.push({ type: 'ConversationTransferred', data: { fromAgentId: from, to: { agentId: to } } });
      release();
      assign(to, 'transferred');
      return commit();
    }
    const to = random.one(['sales', 'support']);
    events.push({ type: 'ConversationTransferred', data: { fromAgentId: from, to: { queueId: to } } });
    release();
    queue(to, 'transferred');
    commit();
    pause(1_000, 60_000);
    assign(random.one(agents), 'routed');
    commit();
  }
}

/** Spread over the month, many close to midnight in Bogotá, some in the same millisecond. */
function startOf(random: Random): number {
  const day = monthStart + random.between(0, 30) * 86_400_000;
  if (random.chance(0.15)) return day + random.between(-4_000, 4_000);
  if (random.chance(0.1)) return day + 12 * 3_600_000;
  return Math.min(day + random.between(0, 86_399_999), monthEnd);
}

function createStream(stream: string, commits: Commit[]) {
  let head: Head = emptyHead;
  const actor: Actor = { kind: 'system', id: 'generator' };
  return (at: number, events: EventEnvelope[]): void => {
    if (events.length === 0) return;
    const cause: Cause = { event: `${stream}-${head.version + 1}` };
    const commit = seal({ stream, head, at: iso(at), actor, cause, events });
    head = { version: commit.version, hash: commit.hash };
    commits.push(commit);
  };
}

/** By time, each stream in its own order: as one store would have taken them. */
const interleave = (commits: Commit[]): Commit[] =>
  commits
    .map((commit, index) => ({ commit, index }))
    .sort((a, b) => (a.commit.at < b.commit.at ? -1 : a.commit.at > b.commit.at ? 1 : a.index - b.index))
    .map(({ commit }) => commit);
