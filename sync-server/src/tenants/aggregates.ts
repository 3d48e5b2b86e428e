import {
  type AgentEvent,
  type AgentState,
  type AgentStatus,
  evolveAgent,
  initialAgent,
} from '@recado/domain/agent/agent';
import type { CommitMeta } from '@recado/domain/commit/commit';
import type { ConversationEvent } from '@recado/domain/conversation/events';
import { evolveConversation } from '@recado/domain/conversation/evolve';
import { type ConversationState, initialConversation } from '@recado/domain/conversation/state';
import { type Aggregate, createAggregate, type Fold } from '@recado/event-store/handle-command';
import type { EventStore } from '@recado/event-store/event-store';

/** A conversation, and everyone who has ever had it: their mailboxes are the ones it must be gone from. */
export interface HeldConversation {
  conversation: ConversationState;
  everAgents: readonly string[];
}

/** An agent's status, and the one before silence made them offline: it returns with the next sync. */
export interface PresentAgent {
  agent: AgentState;
  beforeSilence: AgentStatus | null;
}

export type ConversationAggregate = Aggregate<HeldConversation, ConversationEvent>;
export type AgentAggregate = Aggregate<PresentAgent, AgentEvent>;

export const heldConversation: Fold<HeldConversation, ConversationEvent> = {
  initial: { conversation: initialConversation, everAgents: [] },
  evolve({ conversation, everAgents }, event, commit) {
    const assigned = event.type === 'ConversationAssigned' ? event.data.agentId : null;
    return {
      conversation: evolveConversation(conversation, event, commit),
      everAgents: assigned === null || everAgents.includes(assigned) ? everAgents : [...everAgents, assigned],
    };
  },
};

export const presentAgent: Fold<PresentAgent, AgentEvent> = {
  initial: { agent: initialAgent, beforeSilence: null },
  evolve({ agent }, event, commit: CommitMeta) {
    return {
      agent: evolveAgent(agent, event, commit),
      beforeSilence: event.data.reason === 'silent' ? agent.status : null,
    };
  },
};

export function createAggregates({ store, now }: { store: EventStore; now: () => string }) {
  return {
    conversations: createAggregate({ store, now, fold: heldConversation, cacheSize: 5_000 }),
    agents: createAggregate({ store, now, fold: presentAgent, cacheSize: 1_000 }),
  };
}
