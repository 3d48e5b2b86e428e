import { expect, it } from 'vitest';
import type { InboxRow } from '../commands/merge.ts';
import { searchRows } from './search.ts';

const row = (contactName: string | null, contactPhone: string | null, preview: string): InboxRow =>
  ({ conv: { contactName, contactPhone, lastMessage: { preview } } }) as InboxRow;
const rows = [
  row('José Ñáñez', '+57 300 555 0101', 'gracias'),
  row(null, '+34 600 111 222', '¿Cuándo llega?'),
];
const found = (query: string) => searchRows(rows, query).map((each) => rows.indexOf(each));

it('finds names with or without their accents', () =>
  expect([found('jose'), found('ÑANEZ')]).toEqual([[0], [0]]));
it('finds telephone numbers however they are written', () => expect(found('3005550101')).toEqual([0]));
it('finds words of the last message', () => expect(found('cuando')).toEqual([1]));
it('shows everything for an empty search', () => expect(found('  ')).toEqual([0, 1]));
