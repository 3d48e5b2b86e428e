import { expect, it } from 'vitest';
import { joinRows, readRows, writeRows } from './written-rows.ts';

const rows = [
  { id: 'a', says: 'tab\t, "quotes", ¿and ], [ brackets? 👋', waits: [1, 2], closed: null },
  { id: 'b', says: '', waits: [], closed: '2026-11-20T10:00:00.000Z' },
];

it('gives rows back as they were written', () => {
  expect(readRows(writeRows(rows))).toEqual(rows);
});

it('names the columns once', () => {
  expect(writeRows(rows)).toMatchObject({ columns: ['id', 'says', 'waits', 'closed'], count: 2 });
});

it('joins what was written page by page, empty pages too', () => {
  const pages = [[], rows.slice(0, 1), [], rows.slice(1)].map(writeRows);
  expect(joinRows(pages)).toEqual(writeRows(rows));
  expect(joinRows([writeRows([])])).toEqual({ columns: [], count: 0, text: '' });
});
