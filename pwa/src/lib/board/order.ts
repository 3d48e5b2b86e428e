import type { AgentStatus } from '@recado/domain/agent/agent';
import type { BoardDoc } from '@recado/domain/wire/documents';

const presence: Record<AgentStatus, number> = { available: 0, on_call: 1, on_break: 2, offline: 3 };

/** Those who wait longest first: that is where somebody has to act. */
export const sortedQueues = (rows: readonly BoardDoc[]): BoardDoc[] =>
  rows
    .filter(({ kind }) => kind === 'queue')
    .sort(
      (a, b) => compare(a.oldestWaitingSince ?? '~', b.oldestWaitingSince ?? '~') || compare(a.name, b.name),
    );

export const sortedAgents = (rows: readonly BoardDoc[]): BoardDoc[] =>
  rows
    .filter(({ kind }) => kind === 'agent')
    .sort(
      (a, b) => presence[a.status ?? 'offline'] - presence[b.status ?? 'offline'] || compare(a.name, b.name),
    );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
