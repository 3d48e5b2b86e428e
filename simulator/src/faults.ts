import { z } from 'zod';

/**
 * What can be made to go wrong, for everyone or for one number. Everything is off by default.
 * Fields that say "next" are counted down as they are used up; the rest stay until changed.
 */
export const FaultsPatch = z
  .object({
    /** Times each webhook is delivered in all. */
    copies: z.int().min(1).max(20),
    /** Webhooks are held back until this many wait (or `holdMs` passed), then leave shuffled. */
    reorderWindow: z.int().min(1).max(1000),
    /** Each webhook waits this long, or a random time in [min, max], before its first attempt. */
    delayMs: z.union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)])]),
    /** Updates per webhook; a partial batch leaves after `holdMs`. */
    batchSize: z.int().min(1).max(1000),
    /** Webhook bodies are padded with whitespace to at least this many bytes. */
    padToBytes: z.int().min(0).max(8_000_000),
    /** How long batches and reordering wait for company. */
    holdMs: z.number().min(0),
    /** Next n sends are delivered, but the connection dies before the response. */
    loseNextResponses: z.int().min(0),
    /** The first status webhook is delivered before the send is answered. */
    statusBeforeResponse: z.boolean(),
    /** Statuses leave in the order read, delivered, sent. */
    statusesOutOfOrder: z.boolean(),
    /** Statuses do not return what the send passed as biz_opaque_callback_data. */
    withoutOpaqueData: z.boolean(),
    /** Non-ASCII characters and slashes are escaped in webhook bodies, as Meta does. */
    escapeUnicode: z.boolean(),
    /** Next `count` sends are refused with this code (500–599: that HTTP status). */
    nextErrors: z.array(
      z.object({
        code: z.int(),
        count: z.int().min(1).default(1),
        /** Instead of the status that goes with the code. */
        httpStatus: z.int().min(400).max(599).optional(),
      }),
    ),
    /** Next n sends are accepted, and end in a `failed` status with this code. */
    nextFailures: z.array(z.object({ code: z.int(), count: z.int().min(1).default(1) })),
    /** Whether an unreachable customer or a closed window is told by the response or by a failed status. */
    refuseBy: z.enum(['response', 'status']),
    /** Sends above Meta's rates are refused: 130429 for the number, 131056 for one customer. */
    enforceRates: z.boolean(),
  })
  .partial()
  .strict();

export type FaultsPatch = z.input<typeof FaultsPatch>;
export type Faults = Required<z.output<typeof FaultsPatch>>;

const none: Faults = {
  copies: 1,
  reorderWindow: 1,
  delayMs: 0,
  batchSize: 1,
  padToBytes: 0,
  holdMs: 200,
  loseNextResponses: 0,
  statusBeforeResponse: false,
  statusesOutOfOrder: false,
  withoutOpaqueData: false,
  escapeUnicode: false,
  nextErrors: [],
  nextFailures: [],
  refuseBy: 'response',
  enforceRates: false,
};

type Settings = Partial<Faults>;

/** Settings of a number win over the global ones, field by field. */
export const createFaults = () => {
  let everywhere: Settings = {};
  const byNumber = new Map<string, Settings>();

  const scopes = (phoneNumberId: string): Settings[] => [byNumber.get(phoneNumberId) ?? {}, everywhere];

  /** Uses up one of the first list that has any left. */
  const takeFrom = <Counted extends { count: number }>(
    lists: (Counted[] | undefined)[],
  ): Counted | undefined => {
    const list = lists.find((candidate) => candidate !== undefined && candidate.length > 0);
    const first = list?.[0];
    if (!first) return undefined;
    first.count -= 1;
    if (first.count <= 0) list.shift();
    return first;
  };

  return {
    set: (patch: FaultsPatch, phoneNumberId?: string): void => {
      // Parsing copies, so that counting down never changes the caller's object.
      const parsed = FaultsPatch.parse(patch);
      if (phoneNumberId === undefined) everywhere = { ...everywhere, ...parsed };
      else byNumber.set(phoneNumberId, { ...byNumber.get(phoneNumberId), ...parsed });
    },
    clear: (): void => {
      everywhere = {};
      byNumber.clear();
    },
    of: (phoneNumberId: string): Faults => ({ ...none, ...everywhere, ...byNumber.get(phoneNumberId) }),
    all: () => ({ everywhere: { ...none, ...everywhere }, numbers: Object.fromEntries(byNumber) }),
    takeError: (phoneNumberId: string) => takeFrom(scopes(phoneNumberId).map((scope) => scope.nextErrors)),
    takeFailure: (phoneNumberId: string) =>
      takeFrom(scopes(phoneNumberId).map((scope) => scope.nextFailures))?.code,
    takeLostResponse: (phoneNumberId: string): boolean => {
      const scope = scopes(phoneNumberId).find((candidate) => (candidate.loseNextResponses ?? 0) > 0);
      if (!scope?.loseNextResponses) return false;
      scope.loseNextResponses -= 1;
      return true;
    },
  };
};

export type FaultSettings = ReturnType<typeof createFaults>;
