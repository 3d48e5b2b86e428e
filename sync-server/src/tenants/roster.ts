import type { AgentEvent, AgentStatus } from '@recado/domain/agent/agent';
import type { Commit } from '@recado/domain/commit/commit';
import {
  evolveSettings,
  initialSettings,
  type SettingsEvent,
  type TenantSettings,
} from '@recado/domain/settings/settings';
import type { EventStore } from '@recado/event-store/event-store';
import type { Snapshots } from '@recado/event-store/ports';
import { createProjection } from '@recado/event-store/projection';
import { type PresentAgent, presentAgent } from './aggregates.ts';

/** What a tenant is set to and who is at work, folded from its settings and agent streams. Held by every process. */
export interface RosterState {
  settings: TenantSettings;
  agents: Record<string, AgentPresence>;
  /** Version last folded of each settings stream. */
  versions: Record<string, number>;
}

export interface AgentPresence {
  status: AgentStatus;
  since: string | null;
  reason: AgentEvent['data']['reason'] | null;
  beforeSilence: AgentStatus | null;
}

export interface Roster {
  state(): RosterState;
  /** Resolves when the commit of a settings stream has been folded. */
  reached(commit: Commit): Promise<void>;
  onChange(listener: () => void): () => void;
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const initial: RosterState = { settings: initialSettings, agents: {}, versions: {} };

export function createRoster(deps: {
  store: EventStore;
  snapshots: Snapshots;
  onError: (error: unknown) => void;
}): Roster {
  const listeners = new Set<() => void>();
  const projection = createProjection<RosterState>({
    ...deps,
    name: 'sync-roster',
    schema: 1,
    initial,
    evolve: evolveRoster,
    onChange(_state, commits) {
      if (commits.some(isOfRoster)) for (const listener of listeners) listener();
    },
  });
  const hasReached = ({ stream, version }: Commit): boolean =>
    (projection.state().versions[stream] ?? 0) >= version;

  return {
    state: () => projection.state(),
    settled: () => projection.settled(),
    stop: () => projection.stop(),
    reached(commit) {
      if (hasReached(commit)) return Promise.resolve();
      return new Promise((resolve) => {
        const look = () => {
          if (!hasReached(commit)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
      });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const isSettingsStream = (stream: string): boolean => stream.startsWith('settings.');
const isAgentStream = (stream: string): boolean => stream.startsWith('agent.');
const isOfRoster = ({ stream }: Commit): boolean => isSettingsStream(stream) || isAgentStream(stream);

export function evolveRoster(state: RosterState, commit: Commit): RosterState {
  const { stream, version } = commit;
  if (isSettingsStream(stream)) {
    const settings = (commit.events as SettingsEvent[]).reduce(evolveSettings, state.settings);
    return { ...state, settings, versions: { ...state.versions, [stream]: version } };
  }
  if (!isAgentStream(stream)) return state;
  const agentId = stream.slice('agent.'.length);
  return { ...state, agents: { ...state.agents, [agentId]: presenceAfter(state.agents[agentId], commit) } };
}

function presenceAfter(before: AgentPresence | undefined, commit: Commit): AgentPresence {
  const { status, since, reason, beforeSilence } = before ?? offline;
  const start: PresentAgent = { agent: { status, since, reason, commands: [] }, beforeSilence };
  const events = commit.events as AgentEvent[];
  const after = events.reduce((state, event) => presentAgent.evolve(state, event, commit), start);
  const { agent } = after;
  return {
    status: agent.status,
    since: agent.since,
    reason: agent.reason,
    beforeSilence: after.beforeSilence,
  };
}

export const offline: AgentPresence = { status: 'offline', since: null, reason: null, beforeSilence: null };
