import type { TenantSettings } from '../settings/settings.ts';
import { ms } from '../time.ts';
import { entries } from './shelf.ts';
import type { RoutingState, Waiting } from './state.ts';

export interface Assignment {
  conversationId: string;
  agentId: string;
}

/**
 * Who gets what now. Oldest first over all queues, so that within each queue the order of entry is kept: a
 * conversation is passed over only when no agent of its queue is free, and then nobody behind it in that queue
 * gets one either. Each goes to the least loaded agent; ties to the one idle for longest, then by id.
 */
export function route(
  state: RoutingState,
  settings: Pick<TenantSettings, 'queues' | 'routing'>,
): Assignment[] {
  const load = loads(state);
  const takes = (agentId: string): boolean =>
    state.agents[agentId]?.status === 'available' && (load.get(agentId) ?? 0) < settings.routing.capacity;
  // Most of the time nobody is free: then the queue, however long, need not be looked at.
  if (!Object.keys(state.agents).some(takes)) return [];
  const lastWork = new Map(
    Object.entries(state.agents).map(([agentId, agent]) => [agentId, agent.lastWorkAt ?? '']),
  );
  const assignments: Assignment[] = [];
  for (const [conversationId, { queueId }] of entries(state.waiting).sort(byEntry)) {
    const free = (settings.queues[queueId]?.agentIds ?? []).filter(takes);
    const agentId = free.toSorted(
      (a, b) =>
        (load.get(a) ?? 0) - (load.get(b) ?? 0) ||
        compare(lastWork.get(a) ?? '', lastWork.get(b) ?? '') ||
        compare(a, b),
    )[0];
    if (agentId === undefined) continue;
    load.set(agentId, (load.get(agentId) ?? 0) + 1);
    // Busier than all others until the clock says more.
    lastWork.set(agentId, '\uffff');
    assignments.push({ conversationId, agentId });
  }
  return assignments;
}

/** Conversations that must go back to their queue: their agent has been offline for longer than allowed. */
export function dueReturns(
  state: RoutingState,
  now: string,
  settings: Pick<TenantSettings, 'routing'>,
): Assignment[] {
  return entries(state.held).flatMap(([conversationId, { agentId, queueId, since }]) => {
    const agent = state.agents[agentId];
    // Without a queue there is nowhere to return to: a supervisor assigned it by hand.
    if (queueId === null || (agent && agent.status !== 'offline')) return [];
    // Given to someone already offline, it has waited only since then.
    const from = agent && agent.since > since ? agent.since : since;
    return ms(now) - ms(from) >= settings.routing.returnAfterOfflineMs ? [{ conversationId, agentId }] : [];
  });
}

/** Conversations held, by agent. */
export function loads(state: RoutingState): Map<string, number> {
  const load = new Map<string, number>();
  for (const [, { agentId }] of entries(state.held)) load.set(agentId, (load.get(agentId) ?? 0) + 1);
  return load;
}

const byEntry = ([idA, a]: [string, Waiting], [idB, b]: [string, Waiting]): number =>
  compare(a.since, b.since) || compare(idA, idB);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
