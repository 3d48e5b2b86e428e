import type { AgentStatusFactRow, LoadedTable, LoadedTables } from '@recado/analytics/tables';
import { agentEventSchema } from '@recado/domain/agent/agent';
import type { Commit, EventEnvelope } from '@recado/domain/commit/commit';
import { isConversationStream } from '@recado/domain/commit/stream-id';
import { evolveAgentStatusFold, initialAgentStatusFold } from '@recado/domain/metrics/agent-status-fact';
import type { EventStore } from '@recado/event-store/event-store';
import { createConversationFolds } from './conversation-folds.ts';
import { commitRow, eventRow, quarantineRow } from './event-rows.ts';
import { agentStatusFactRow, conversationFactRow, handlingFactRows, messageFactRow } from './fact-rows.ts';
import { checkEvent } from './known-events.ts';
import { loadQueueTargets, type QueueTargets } from './queue-targets.ts';

/** Rows by table, ready to be inserted. */
export type Rows = { [Table in LoadedTable]: LoadedTables[Table][] };

export const emptyRows = (): Rows => ({
  events: [],
  commits: [],
  conversation_facts: [],
  handling_facts: [],
  message_facts: [],
  agent_status_facts: [],
  quarantine: [],
});

/**
 * Turns a batch of commits into rows. The rows depend on the streams alone, not on what was loaded before: the same
 * batch again, after a failed load or a crash, gives rows that replace themselves.
 */
export type Transform = (commits: readonly Commit[]) => Promise<Rows>;

export function createTransform({ store, tenant }: { store: EventStore; tenant: string }): Transform {
  const folds = createConversationFolds(store);
  let targets: QueueTargets | null = null;

  return async (commits) => {
    targets ??= await loadQueueTargets(store);
    const rows = emptyRows();
    const conversations = new Map<string, Commit[]>();
    const agents = new Map<string, number>();
    for (const commit of commits) {
      targets.apply(commit);
      rows.commits.push(commitRow(tenant, commit));
      const events: EventEnvelope[] = [];
      commit.events.forEach((event, index) => {
        const checked = checkEvent(commit.stream, event);
        if ('event' in checked) {
          events.push(event);
          rows.events.push(eventRow(tenant, commit, event, index));
        } else rows.quarantine.push(quarantineRow(tenant, commit, index, checked));
      });
      if (isConversationStream(commit.stream)) groupIn(conversations, { ...commit, events });
      else if (commit.stream.startsWith('agent.') && !agents.has(commit.stream))
        agents.set(commit.stream, commit.version);
    }
    for (const [stream, own] of conversations) {
      const { fact, messages } = await folds.catchUp(stream, own);
      if (fact.openedAt === null) continue; // Nothing but quarantined events.
      const since = Math.min(...own.map(({ version }) => version));
      rows.conversation_facts.push(conversationFactRow(tenant, fact, targets.at));
      rows.handling_facts.push(...handlingFactRows(tenant, fact));
      for (const message of Object.values(messages.byId)) {
        if (message.version >= since) rows.message_facts.push(messageFactRow(tenant, fact, message));
      }
    }
    for (const [stream, version] of agents) {
      rows.agent_status_facts.push(...(await agentStatusRows(stream, version)));
    }
    return rows;
  };

  /** The stretches from this version on, and the one before it, which ends there. */
  async function agentStatusRows(stream: string, version: number): Promise<AgentStatusFactRow[]> {
    const rows: AgentStatusFactRow[] = [];
    let fold = initialAgentStatusFold;
    for (const commit of await store.read(stream, Math.max(0, version - 2))) {
      for (const event of commit.events) {
        const parsed = agentEventSchema.safeParse(event);
        if (!parsed.success) continue;
        fold = evolveAgentStatusFold(fold, parsed.data, commit);
        for (const fact of [fold.ended, fold.current]) {
          if (fact) rows.push(agentStatusFactRow(tenant, fact, commit.version));
        }
      }
    }
    return rows;
  }
}

function groupIn(groups: Map<string, Commit[]>, commit: Commit): void {
  const group = groups.get(commit.stream);
  if (group) group.push(commit);
  else groups.set(commit.stream, [commit]);
}
