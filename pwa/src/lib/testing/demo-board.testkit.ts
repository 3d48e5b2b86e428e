import type { AgentStatus } from '@recado/domain/agent/agent';
import { hour, instant, minute } from '@recado/domain/time';
import { emptyBoardRow } from '@recado/domain/wire/board-row';
import { boardDocId, type BoardDoc } from '@recado/domain/wire/documents';

/** A board with queues that wait and one that does not, and agents in every status. */
export function demoBoard(now: number): BoardDoc[] {
  const row = (kind: BoardDoc['kind'], key: string, name: string, counted: Partial<BoardDoc>): BoardDoc => ({
    id: boardDocId(kind, key),
    ...emptyBoardRow(kind, key, name),
    at: instant(now),
    ...counted,
  });
  const agent = (
    key: string,
    name: string,
    { status, since, active }: { status: AgentStatus; since: number; active: number },
  ) => row('agent', key, name, { status, statusSince: instant(now - since), active, capacity: 5 });
  return [
    row('summary', 'all', 'Demo', {
      waiting: 4,
      oldestWaitingSince: instant(now - 6 * minute),
      active: 11,
      receivedToday: 182,
      attendedToday: 164,
      abandonedToday: 9,
      slaMetToday: 151,
      slaOfToday: 170,
    }),
    row('queue', 'ventas', 'Ventas', {
      waiting: 3,
      oldestWaitingSince: instant(now - 6 * minute),
      active: 7,
      receivedToday: 120,
      attendedToday: 108,
      abandonedToday: 7,
      slaMetToday: 97,
      slaOfToday: 113,
    }),
    row('queue', 'soporte', 'Soporte', {
      waiting: 1,
      oldestWaitingSince: instant(now - minute),
      active: 4,
      receivedToday: 62,
      attendedToday: 56,
      abandonedToday: 2,
      slaMetToday: 54,
      slaOfToday: 57,
    }),
    row('queue', 'cartera', 'Cartera', {}),
    agent('ana', 'Ana Torres', { status: 'available', since: 3 * hour, active: 4 }),
    agent('bruno', 'Bruno Díaz', { status: 'on_break', since: 12 * minute, active: 2 }),
    agent('carla', 'Carla Nieto', { status: 'available', since: hour, active: 5 }),
    agent('diego', 'Diego Alejandro Restrepo', { status: 'on_call', since: 4 * minute, active: 0 }),
    agent('elena', 'Elena Quintero', { status: 'offline', since: 20 * hour, active: 0 }),
  ];
}
