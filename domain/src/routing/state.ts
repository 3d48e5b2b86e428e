import type { AgentEvent, AgentStatus } from '../agent/agent.ts';
import type { Commit, EventEnvelope } from '../commit/commit.ts';
import { conversationIdOf, isConversationStream } from '../commit/stream-id.ts';
import type { ConversationEvent } from '../conversation/events.ts';
import { emptyShelf, find, put, remove, type Shelf } from './shelf.ts';

/**
 * Who waits and who is busy: all that routing needs to know, folded from every commit of the tenant. Plain JSON,
 * and as small as the work in hand: closed conversations leave it.
 *
 *   ConversationQueued ──► waiting ──ConversationAssigned──► held ──ConversationClosed──► (gone)
 *                             ▲────────ConversationQueued──────┘
 */
export interface RoutingState {
  /** By conversation id. */
  waiting: Shelf<Waiting>;
  /** By conversation id: each counts against its agent's capacity. */
  held: Shelf<Held>;
  /** By agent id; who is not here has never said anything and counts as offline. */
  agents: Readonly<Record<string, RoutingAgent>>;
}

export interface Waiting {
  queueId: string;
  /** When it entered this queue. */
  since: string;
  /** The commit that put it there. */
  by: string;
}

export interface Held {
  agentId: string;
  queueId: string | null;
  since: string;
}

export interface RoutingAgent {
  status: AgentStatus;
  /** Since when the status holds. */
  since: string;
  /** When a conversation last came to or left this agent: the longest idle is served first. */
  lastWorkAt: string | null;
}

export const initialRouting: RoutingState = { waiting: emptyShelf, held: emptyShelf, agents: {} };

export function evolveRouting(state: RoutingState, commit: Commit<EventEnvelope>): RoutingState {
  if (isConversationStream(commit.stream)) {
    const id = conversationIdOf(commit.stream);
    return (commit.events as ConversationEvent[]).reduce(
      (next, event) => evolve(next, id, event, commit),
      state,
    );
  }
  if (!commit.stream.startsWith('agent.')) return state;
  return (commit.events as AgentEvent[]).reduce((next, event) => changeStatus(next, event, commit.at), state);
}

function evolve(state: RoutingState, id: string, event: ConversationEvent, commit: Commit): RoutingState {
  const { at, _id: by } = commit;
  switch (event.type) {
    case 'ConversationQueued': {
      const released = release(state, id, at);
      return {
        ...released,
        waiting: put(released.waiting, id, { queueId: event.data.queueId, since: at, by }),
      };
    }
    case 'ConversationAssigned': {
      const { agentId } = event.data;
      const queueId =
        event.data.queueId ?? (find(state.waiting, id) ?? find(state.held, id))?.queueId ?? null;
      const released = touch(release(state, id, at), agentId, at);
      return { ...released, held: put(released.held, id, { agentId, queueId, since: at }) };
    }
    case 'ConversationClosed':
      return release(state, id, at);
    default:
      return state;
  }
}

function release(state: RoutingState, id: string, at: string): RoutingState {
  const held = find(state.held, id);
  const released = { ...state, waiting: remove(state.waiting, id), held: remove(state.held, id) };
  return held ? touch(released, held.agentId, at) : released;
}

function touch(state: RoutingState, agentId: string, at: string): RoutingState {
  const agent = state.agents[agentId];
  return agent ? { ...state, agents: { ...state.agents, [agentId]: { ...agent, lastWorkAt: at } } } : state;
}

function changeStatus(state: RoutingState, { data }: AgentEvent, at: string): RoutingState {
  const known = state.agents[data.agentId];
  const since = known?.status === data.status ? known.since : at;
  const agent: RoutingAgent = { status: data.status, since, lastWorkAt: known?.lastWorkAt ?? null };
  return { ...state, agents: { ...state.agents, [data.agentId]: agent } };
}
