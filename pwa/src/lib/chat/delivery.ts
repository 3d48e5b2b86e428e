import type { MsgDoc, ShownDelivery } from '@recado/domain/wire/documents';
import type { OwnStanding } from '../commands/merge.ts';
import type { Dictionary } from '../i18n/es.ts';

/** Every state an outgoing bubble can be in: the server's, and this device's before the server knows. */
export type ShownState = ShownDelivery | 'uploading' | 'review' | 'rejected';

/** An accepted command says that the server will send it, not that WhatsApp has it. */
export const shownStanding = (standing: OwnStanding): ShownState =>
  standing === 'accepted' ? 'pending' : standing;

/** Whole sentences. Of a message that its author gave up nobody knows whether it arrived. */
export function failureText({ code }: NonNullable<MsgDoc['delivery']>, { delivery: t }: Dictionary): string {
  if (code === 'dropped') return t.dropped;
  const why = code ? (t.failures[code] ?? t.failedUnknown(code)) : t.failedNoCode;
  return `${t.failed}. ${why}`;
}
