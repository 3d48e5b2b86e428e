import { z } from 'zod';
import { accept, type Outcome } from '../outcome.ts';

/** An agent's stated status. Presence is what the agent says plus recent sync, never an open socket. */
export const agentStatuses = ['available', 'on_break', 'on_call', 'offline'] as const;
export const agentStatusSchema = z.enum(agentStatuses);
export type AgentStatus = z.infer<typeof agentStatusSchema>;

export const agentEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('AgentStatusChanged'),
    occurredAt: z.string().optional(),
    data: z.object({
      agentId: z.string(),
      status: agentStatusSchema,
      /** `stated`: the agent said so; `silent`: no device of theirs has synced for too long; `resumed`: it has again. */
      reason: z.enum(['stated', 'silent', 'resumed', 'logout']),
    }),
  }),
]);
export type AgentEvent = z.infer<typeof agentEventSchema>;

export interface AgentState {
  status: AgentStatus;
  since: string | null;
  reason: AgentEvent['data']['reason'] | null;
  /** Ids of the last commands decided, so that a repeat is answered the same. */
  commands: string[];
}

const rememberedCommands = 100;
export const initialAgent: AgentState = { status: 'offline', since: null, reason: null, commands: [] };

export function evolveAgent(
  state: AgentState,
  event: AgentEvent,
  commit: { at: string; cause: unknown },
): AgentState {
  const cause = commit.cause as { commandId?: string };
  const commands = cause.commandId
    ? [...state.commands, cause.commandId].slice(-rememberedCommands)
    : state.commands;
  return { status: event.data.status, since: commit.at, reason: event.data.reason, commands };
}

export function decideStatus(
  state: AgentState,
  command: { agentId: string; status: AgentStatus; reason: AgentEvent['data']['reason']; commandId?: string },
): Outcome<AgentEvent> {
  if (command.commandId && state.commands.includes(command.commandId)) return accept();
  if (state.status === command.status && state.reason === command.reason) return accept();
  const { agentId, status, reason } = command;
  return accept({ type: 'AgentStatusChanged', data: { agentId, status, reason } });
}
