import { expect, it } from 'vitest';
import type { AgentEvent, AgentStatus } from '../agent/agent.ts';
import { evolveAgentStatusFold, initialAgentStatusFold } from './agent-status-fact.ts';

const change = (version: number, status: AgentStatus, at: string) => {
  const event: AgentEvent = {
    type: 'AgentStatusChanged',
    data: { agentId: 'ana', status, reason: 'stated' },
  };
  const meta = {
    stream: 'agent.ana',
    version,
    at,
    actor: { kind: 'agent', id: 'ana' },
    cause: { event: 'x' },
  } as const;
  return { event, meta };
};

it('a change of status ends one stretch and begins the next', () => {
  const changes = [
    change(1, 'available', '2026-11-20T13:00:00.000Z'),
    change(2, 'on_break', '2026-11-20T15:00:00.000Z'),
    change(3, 'offline', '2026-11-20T15:10:00.000Z'),
  ];
  const folded = changes.reduce(
    (fold, { event, meta }) => evolveAgentStatusFold(fold, event, meta),
    initialAgentStatusFold,
  );
  expect(folded.ended).toMatchObject({ status: 'on_break', beganAt: 2, to: '2026-11-20T15:10:00.000Z' });
  expect(folded.current).toMatchObject({ status: 'offline', beganAt: 3, to: null });
});
