import type { Cause } from '@recado/domain/commit/commit';
import type { ParkedData } from '@recado/domain/parked/parked';
import type { NumberSettings } from '@recado/domain/settings/settings';
import { StoreUnavailable } from '@recado/event-store/event-store';
import { identityId } from '../contacts/identities.ts';
import { decode, parked } from '../meta/decode.ts';
import { parseBody, storableBody } from '../meta/parse-body.ts';
import { isSignedWith } from '../meta/signature.ts';
import type { Update } from '../meta/update.ts';
import { parseSendReference } from '../outbox/send-reference.ts';
import type { KnownNumber, NumberDirectory } from '../settings/number-directory.ts';
import type { Apply } from './apply.ts';

/**
 * One request of the provider: verified over its bytes, taken apart, every update durable before the answer.
 *
 *   bytes ─► whose secret signed them? ─► decode ─► per conversation in order, conversations at once ─► answer
 *              └ nobody's: 401                        └ appended │ known │ parked
 */
export type WebhookAnswer = 'accepted' | 'bad_signature' | 'store_unavailable';

export interface WebhookRequest {
  bytes: Buffer;
  signature: string | undefined;
  /** The number in the request's path, if it has one. */
  numberId?: string;
}

/** What a tenant does with an update. */
export interface TenantReceiver {
  apply: Apply;
  park(data: ParkedData, options: { retry: boolean; cause: Cause }): Promise<'parked' | 'known'>;
}

export type UpdateOutcome = 'appended' | 'known' | 'parked';

export interface ReceiveWebhookDeps {
  numbers: NumberDirectory;
  receiverOf: (tenant: string) => TenantReceiver | undefined;
  onUpdate: (kind: Update['kind'], outcome: UpdateOutcome, reason?: string) => void;
  /** An update that our own code failed on: it is parked, and someone must look. */
  onDefect: (error: unknown, kind: Update['kind']) => void;
}

interface Placed {
  update: Update;
  tenant: string;
  number: NumberSettings | null;
}

export function createReceiveWebhook(deps: ReceiveWebhookDeps) {
  const { numbers, receiverOf, onUpdate, onDefect } = deps;

  return async ({ bytes, signature, numberId }: WebhookRequest): Promise<WebhookAnswer> => {
    const named = numberId === undefined ? [] : numbers.byNumberId(numberId);
    const signers = whoSigned(named.length > 0 ? named : numbers.all(), bytes, signature);
    if (signers.length === 0) return 'bad_signature';
    const body = parseBody(bytes);
    const updates = body === undefined ? [parked(storableBody(bytes), 'malformed')] : decode(body);
    const placed = updates.map((update) => place(update, signers, named.length === 1 ? named[0] : undefined));
    const settled = await Promise.allSettled([...groups(placed).values()].map(receiveInOrder));
    const failures = settled.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    const defect = failures.find((error) => !(error instanceof StoreUnavailable));
    if (defect !== undefined) throw defect;
    return failures.length === 0 ? 'accepted' : 'store_unavailable';
  };

  async function receiveInOrder(group: readonly Placed[]): Promise<void> {
    for (const placed of group) await receiveOne(placed);
  }

  async function receiveOne({ update, tenant, number }: Placed): Promise<void> {
    const receiver = receiverOf(tenant);
    if (!receiver) throw new StoreUnavailable(`tenant ${tenant} is being started or stopped`);
    const park = async (reason: string, retry: boolean): Promise<void> => {
      const { field, phoneNumberId, raw } = update;
      const outcome = await receiver.park(
        { reason, field, phoneNumberId, raw },
        { retry, cause: { webhook: update.key } },
      );
      onUpdate(update.kind, outcome, reason);
    };
    if (update.kind === 'parked') return park(update.reason, false);
    if (number === null) return park('unknown_number', false);
    try {
      const result = await receiver.apply(update, number);
      if ('applied' in result) return onUpdate(update.kind, result.applied);
      return await ('waiting' in result ? park(result.waiting, true) : park(result.unfit, false));
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      // Refusing it would make the provider send it for days; it is kept and tried again from here instead.
      onDefect(error, update.kind);
      await park('defect', true);
    }
  }
}

/** The numbers whose app signed these bytes; apps share a secret between their numbers. */
function whoSigned(
  candidates: readonly KnownNumber[],
  bytes: Buffer,
  signature: string | undefined,
): KnownNumber[] {
  const tried = new Map<string, boolean>();
  return candidates.filter(({ appSecret }) => {
    const known = tried.get(appSecret) ?? isSignedWith(appSecret, bytes, signature);
    tried.set(appSecret, known);
    return known;
  });
}

/** An update is for a number only if that number's own app signed it: no app speaks for another's numbers. */
function place(update: Update, signers: readonly KnownNumber[], named: KnownNumber | undefined): Placed {
  const { phoneNumberId, wabaId } = update;
  const owner =
    phoneNumberId === null ? named : signers.find((candidate) => candidate.phoneNumberId === phoneNumberId);
  const tenant =
    owner?.tenant ??
    signers.find((candidate) => candidate.wabaId === wabaId)?.tenant ??
    signers[0]?.tenant ??
    '';
  return { update, tenant, number: owner?.number ?? null };
}

/** Updates of one conversation stay in their order; conversations do not wait for each other. */
function groups(placed: readonly Placed[]): Map<string, Placed[]> {
  const byConversation = new Map<string, Placed[]>();
  for (const one of placed) {
    const key = `${one.tenant} ${one.number?.numberId ?? ''} ${conversationOf(one.update)}`;
    const group = byConversation.get(key);
    if (group) group.push(one);
    else byConversation.set(key, [one]);
  }
  return byConversation;
}

function conversationOf(update: Update): string {
  switch (update.kind) {
    case 'parked':
      return update.key;
    case 'status': {
      const [recipient] = update.aliases;
      return (
        parseSendReference(update.opaque)?.conversationId ??
        (recipient ? identityId(recipient) : update.providerId)
      );
    }
    default:
      return identityId(
        update.party.aliases[0] ?? { scheme: update.party.address.scheme, value: update.party.address.value },
      );
  }
}
