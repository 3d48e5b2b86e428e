import { expect, it } from 'vitest';
import { actionsFor } from './actions.ts';

const agent = { userId: 'ana', mayTakeOver: false };
const supervisor = { userId: 'sofia', mayTakeOver: true };

it('offers an agent what concerns their own conversation', () => {
  expect(actionsFor({ phase: 'assigned', agentId: 'ana' }, agent)).toEqual(['transfer', 'return', 'close']);
  expect(actionsFor({ phase: 'assigned', agentId: 'bruno' }, agent)).toEqual([]);
  expect(actionsFor({ phase: 'closed', agentId: 'ana' }, agent)).toEqual(['reopen']);
});
it('lets a supervisor take what is somebody else’s or waits', () => {
  expect(actionsFor({ phase: 'assigned', agentId: 'ana' }, supervisor)).toEqual([
    'take',
    'transfer',
    'return',
    'close',
  ]);
  expect(actionsFor({ phase: 'queued', agentId: null }, supervisor)).toEqual(['take', 'transfer', 'close']);
});
