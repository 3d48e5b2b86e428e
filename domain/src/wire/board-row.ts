import type { BoardDoc } from './documents.ts';

export type BoardRow = Omit<BoardDoc, 'id' | 'at'>;

/** A row of the board on which nothing has been counted yet. */
export const emptyBoardRow = (kind: BoardRow['kind'], key: string, name: string): BoardRow => ({
  kind,
  key,
  name,
  waiting: 0,
  oldestWaitingSince: null,
  active: 0,
  receivedToday: 0,
  attendedToday: 0,
  abandonedToday: 0,
  slaMetToday: 0,
  slaOfToday: 0,
  status: null,
  statusSince: null,
  capacity: 0,
});
