import type { AgentEvent, AgentStatus } from '../agent/agent.ts';
import type { CommitMeta } from '../commit/commit.ts';

/** A stretch in which an agent was in one status: logged and worked hours are sums of these. */
export interface AgentStatusFact {
  agentId: string;
  status: AgentStatus;
  reason: AgentEvent['data']['reason'];
  /** Commit time. */
  from: string;
  /** null while it lasts. */
  to: string | null;
  /** Version of the commit that began it: names the stretch. */
  beganAt: number;
}

/** An agent's stream has no end, so the fold keeps the last two stretches: the one that ended and the one that began. */
export interface AgentStatusFold {
  version: number;
  ended: AgentStatusFact | null;
  current: AgentStatusFact | null;
}
export const initialAgentStatusFold: AgentStatusFold = { version: 0, ended: null, current: null };

export function evolveAgentStatusFold(
  { current }: AgentStatusFold,
  { data }: AgentEvent,
  commit: CommitMeta,
): AgentStatusFold {
  const { agentId, status, reason } = data;
  return {
    version: commit.version,
    ended: current && { ...current, to: commit.at },
    current: { agentId, status, reason, from: commit.at, to: null, beganAt: commit.version },
  };
}
