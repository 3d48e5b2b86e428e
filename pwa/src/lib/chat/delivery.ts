import type { MsgDoc, ShownDelivery } from '@recado/domain/wire/documents';
import type { OwnStanding } from '../commands/merge.ts';
import type { Dictionary } from '../i18n/es.ts';

/** Every state an outgoing bubble can be in: the server's, and this device's before the server knows. */
export type ShownState = ShownDelivery | 'uploading' | 'review' | 'rejected';

/** An accepted command says that the server will send it, not that WhatsApp has it. */
export const shownStanding = (standing: OwnStanding): ShownState =>
  standing === 'accepted' ? 'pending' : standing;

export function failureText(delivery: NonNullable<MsgDoc['delivery']>, t: Dictionary): string {
  if (!delivery.code) return t.delivery.failedNoCode;
  return t.delivery.failures[delivery.code] ?? t.delivery.failedUnknown(delivery.code);
}
