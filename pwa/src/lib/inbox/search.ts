import type { InboxRow } from '../commands/merge.ts';

/** Lower case and without accents: `jose` finds José. */
export const folded = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLocaleLowerCase();

const digits = (text: string): string => text.replace(/\D/g, '');

export function searchRows(rows: readonly InboxRow[], query: string): InboxRow[] {
  const wanted = folded(query.trim());
  if (wanted === '') return [...rows];
  const number = digits(wanted);
  return rows.filter(({ conv }) => {
    if (folded(conv.contactName ?? '').includes(wanted)) return true;
    if (number.length >= 3 && digits(conv.contactPhone ?? '').includes(number)) return true;
    return folded(conv.lastMessage?.preview ?? '').includes(wanted);
  });
}
