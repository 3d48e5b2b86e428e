import type { AgentStatus } from '@recado/domain/agent/agent';

/** In the order of the menu. Written here because the domain's module brings its validation along. */
export const agentStatuses: readonly AgentStatus[] = ['available', 'on_break', 'on_call', 'offline'];
export type { AgentStatus };
