import type { InboundContent } from '@recado/domain/conversation/content';
import type { ReportedStatus } from '@recado/domain/conversation/delivery';
import type { DeliveryReport } from '@recado/domain/conversation/events';
import type { Alias } from '@recado/domain/contact/contact';

/** What one webhook says, taken apart: each update stands alone and can be applied, or parked, by itself. */
export interface Party {
  /** Everything by which the platform names this person. May hold no phone number at all. */
  aliases: Alias[];
  name: string | null;
  /** Where an answer goes. */
  address: { scheme: 'wa_phone' | 'wa_bsuid'; value: string };
}

interface Origin {
  /** Dedupe key: the same fact told twice has the same key. */
  key: string;
  field: string;
  phoneNumberId: string | null;
  wabaId: string | null;
  /** A webhook body that holds this update alone: `decode` of it gives the update again. */
  raw: unknown;
}

interface FromParty extends Origin {
  party: Party;
  providerId: string;
  /** Provider's time; undefined when it sent none that can be read. */
  occurredAt?: string;
}

/** `echo`: the company wrote it from its own phone; the party is the customer it wrote to. */
export interface MessageUpdate extends FromParty {
  kind: 'message' | 'echo';
  content: InboundContent;
  replyToProviderId?: string;
  forwarded?: boolean;
  referral?: Record<string, unknown>;
  /** Aliases that this message says the person has from now on. */
  newAliases?: Alias[];
}

export type MarkUpdate = FromParty & { targetProviderId: string } & (
    | { kind: 'reaction'; emoji: string | null }
    | { kind: 'edit'; content: InboundContent }
    | { kind: 'revoke' }
  );

export interface StatusUpdate extends Origin {
  kind: 'status';
  providerId: string;
  occurredAt?: string;
  /** The recipient; empty when the status names nobody. */
  aliases: Alias[];
  status: ReportedStatus;
  /** What the send gave as `biz_opaque_callback_data`. */
  opaque?: string;
  error?: DeliveryReport['error'];
  pricing?: DeliveryReport['pricing'];
}

/** Understood as far as knowing that nothing is to be done with it now. Kept whole. */
export interface ParkedUpdate extends Origin {
  kind: 'parked';
  reason: ParkReason;
}

export type ParkReason =
  | 'malformed'
  | 'unknown_object'
  | 'unhandled_field'
  | 'empty_change'
  | 'provider_errors'
  | 'group'
  | 'legacy_status'
  | 'call_event'
  | 'no_message_id'
  | 'no_party'
  | 'no_target';

export type Update = MessageUpdate | MarkUpdate | StatusUpdate | ParkedUpdate;
