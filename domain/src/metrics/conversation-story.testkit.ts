import type { CommitMeta } from '../commit/commit.ts';
import type { ConversationEvent, ConversationEventOf } from '../conversation/events.ts';

/** Events of one conversation as a story: `at(seconds)` and what happened. Second 0 is noon, UTC. */
export interface Told {
  commit: CommitMeta;
  event: ConversationEvent;
}

export const conversation = '100.c1.000001';
export const noon = Date.parse('2026-11-20T12:00:00.000Z');
export const clock = (seconds: number): string => new Date(noon + seconds * 1_000).toISOString();

export function tell(...commits: [seconds: number, ...events: ConversationEvent[]][]): Told[] {
  return commits.flatMap(([seconds, ...events], index) => {
    const commit: CommitMeta = {
      stream: `conversation.${conversation}`,
      version: index + 1,
      at: clock(seconds),
      actor: { kind: 'system', id: 'story' },
      cause: { event: 'story' },
    };
    return events.map((event) => ({ commit, event }));
  });
}

export const foldTold = <State>(
  told: readonly Told[],
  evolve: (state: State, event: ConversationEvent, commit: CommitMeta) => State,
  initial: State,
): State => told.reduce((state, { event, commit }) => evolve(state, event, commit), initial);

type Data<Type extends ConversationEvent['type']> = ConversationEventOf<Type>['data'];

export const opened: ConversationEvent = {
  type: 'ConversationOpened',
  data: {
    numberId: '100',
    contactId: 'c1',
    episode: 1,
    provider: 'meta',
    contactName: 'Marta',
    address: { scheme: 'wa_phone', value: '+573000000000' },
  },
};
export const says = (
  id: string,
  providerSeconds: number,
  more: Partial<Data<'MessageReceived'>> = {},
): ConversationEvent => ({
  type: 'MessageReceived',
  occurredAt: clock(providerSeconds),
  data: {
    messageId: `in-${id}`,
    providerId: `wamid.${id}`,
    content: { kind: 'text', body: 'hola' },
    ...more,
  },
});
export const answers = (id: string, agentId: string): ConversationEvent => ({
  type: 'MessageQueued',
  data: {
    messageId: `out-${id}`,
    author: { kind: 'agent', id: agentId },
    content: { kind: 'text', body: 'buenas' },
  },
});
export const botSays = (id: string): ConversationEvent => ({
  type: 'MessageQueued',
  data: {
    messageId: `bot-${id}`,
    author: { kind: 'bot', id: 'greeter' },
    content: { kind: 'text', body: 'bienvenida' },
  },
});
export const queued = (
  queueId: string,
  reason: Data<'ConversationQueued'>['reason'] = 'handover',
): ConversationEvent => ({
  type: 'ConversationQueued',
  data: { queueId, reason },
});
export const assigned = (
  agentId: string,
  queueId: string | null = null,
  reason: Data<'ConversationAssigned'>['reason'] = 'routed',
): ConversationEvent => ({ type: 'ConversationAssigned', data: { agentId, queueId, reason } });
export const returned = (agentId: string, queueId: string): ConversationEvent => ({
  type: 'ConversationReturned',
  data: { agentId, queueId, reason: 'agent_offline' },
});
export const transferred = (
  fromAgentId: string | null,
  to: Data<'ConversationTransferred'>['to'],
): ConversationEvent => ({
  type: 'ConversationTransferred',
  data: { fromAgentId, to },
});
export const closes = (
  reason: Data<'ConversationClosed'>['reason'],
  agentId: string | null = null,
): ConversationEvent => ({
  type: 'ConversationClosed',
  data: { reason, agentId },
});
export const reopened = (
  reason: Data<'ConversationReopened'>['reason'] = 'customer_message',
): ConversationEvent => ({
  type: 'ConversationReopened',
  data: { reason },
});
export const reported = (
  providerId: string,
  status: Data<'DeliveryReported'>['status'],
  seconds: number,
  attemptId: string | null = null,
): ConversationEvent => ({
  type: 'DeliveryReported',
  occurredAt: clock(seconds),
  data: { providerId, attemptId, status },
});
