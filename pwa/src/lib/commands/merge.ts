import type { CmdDoc, CommandPayload, ConvDoc, MsgDoc } from '@recado/domain/wire/documents';

/**
 * What the chat and the list show: the server's documents and this device's own commands, merged.
 *
 *   msg  (server)   ──────────────┐
 *                                 ├─► entries: server's messages in their order, then own ones by number
 *   cmd + outgoing (this device) ─┘      own bubble ──(msg with its commandId or messageId)──► gone
 *
 * Invariants
 * 1. Every message of the server is shown once, in the order of its sort key.
 * 2. Every text a person sent from here is shown once: as an own bubble, until the server's message for it exists.
 * 3. `rejected` and `review` stay until the person puts them aside. Nothing vanishes by itself.
 * 4. Own bubbles come last, in the order they were written: a device's clock may be hours off, its numbers are not.
 * 5. The result depends on the sets alone, not on the order in which documents arrived.
 */
export type OwnStanding = 'uploading' | 'pending' | 'accepted' | 'review' | 'rejected';
export interface OwnMessage {
  command: CmdDoc;
  data: CommandPayload<'SendMessage'>;
  standing: OwnStanding;
}
export type ChatEntry =
  { kind: 'server'; key: string; message: MsgDoc } | { kind: 'own'; key: string; own: OwnMessage };

export interface OwnCommands {
  /** Of the `cmd` collection; other devices' commands are among them. */
  commands: readonly CmdDoc[];
  /** Not handed over to replication yet. */
  outgoing: readonly CmdDoc[];
  /** Ids of rejected commands the person has put aside. */
  dismissed: ReadonlySet<string>;
}

export function mergeChat(messages: readonly MsgDoc[], own: OwnCommands): ChatEntry[] {
  const settled = new Set<string>();
  for (const message of messages) {
    settled.add(message.messageId);
    if (message.commandId) settled.add(message.commandId);
  }
  const server = [...messages]
    .sort((a, b) => compare(a.sortKey, b.sortKey))
    .map((message): ChatEntry => ({ kind: 'server', key: message.messageId, message }));
  const mine = ownMessages(own)
    .filter(({ command, data }) => !settled.has(command.id) && !settled.has(data.messageId))
    .map((message): ChatEntry => ({ kind: 'own', key: message.data.messageId, own: message }));
  return [...server, ...mine];
}

/** Own texts that have no message of the server's yet, as far as commands alone tell; by number. */
export function ownMessages({ commands, outgoing, dismissed }: OwnCommands): OwnMessage[] {
  return uniqueCommands(commands, outgoing)
    .filter((command) => command.type === 'SendMessage' && !dismissed.has(command.id))
    .map((command) => ({
      command,
      data: command.data as CommandPayload<'SendMessage'>,
      standing: standingOf(command, outgoing),
    }));
}

export interface InboxRow {
  conv: ConvDoc;
  unread: number;
  /** Shown instead of the server's last message while it is on its way. */
  own: OwnMessage | null;
  /** Own messages that need a decision. */
  attention: number;
  /** What the person asked for and the server has not confirmed. */
  leaving: 'closing' | 'transferring' | 'returning' | 'reopening' | null;
}

const leavingBy: Partial<Record<CmdDoc['type'], NonNullable<InboxRow['leaving']>>> = {
  CloseConversation: 'closing',
  TransferConversation: 'transferring',
  ReturnConversation: 'returning',
  ReopenConversation: 'reopening',
};

export function mergeInbox(convs: readonly ConvDoc[], own: OwnCommands): InboxRow[] {
  const byTarget = Map.groupBy(uniqueCommands(own.commands, own.outgoing), (command) => command.target);
  const messages = Map.groupBy(ownMessages(own), (message) => message.command.target);
  return convs.map((conv) => {
    const target = streamOf(conv.conversationId);
    const pending = (byTarget.get(target) ?? []).filter((command) => command.status === 'pending');
    const mine = messages.get(target) ?? [];
    const leave = pending.findLast((command) => leavingBy[command.type]);
    const seen = pending.some((command) => command.type === 'MarkSeen' && coversAll(command, conv));
    return {
      conv,
      unread: seen ? 0 : conv.unread,
      own: mine.findLast(({ standing }) => standing === 'pending' || standing === 'uploading') ?? null,
      attention: mine.filter(needsDecision).length,
      leaving: leave ? leavingBy[leave.type]! : null,
    };
  });
}

/** Messages that need a decision and whose conversation is no longer on this device. */
export function strayMessages(convs: readonly ConvDoc[], own: OwnCommands): OwnMessage[] {
  const here = new Set(convs.map((conv) => streamOf(conv.conversationId)));
  return ownMessages(own).filter((message) => needsDecision(message) && !here.has(message.command.target));
}

/** Refused requests other than texts, which are shown where they stand: closing, transferring, a status. */
export const refusedRequests = ({ commands, dismissed }: OwnCommands): CmdDoc[] =>
  commands.filter(
    ({ id, status, type }) =>
      (status === 'rejected' || status === 'review') &&
      type !== 'SendMessage' &&
      type !== 'MarkSeen' &&
      !dismissed.has(id),
  );

/**
 * Of everything in the `cmd` collection, newest first: what still says something. Undecided and refused commands
 * do; an acceptance does only until the server's message is here, so a few of the latest are enough.
 */
export function tellingCommands(newestFirst: readonly CmdDoc[], acceptances = 20): CmdDoc[] {
  const lately = new Set(newestFirst.filter(({ status }) => status === 'accepted').slice(0, acceptances));
  return newestFirst.filter((command) => command.status !== 'accepted' || lately.has(command));
}

export const idSet = (ids: readonly string[]): ReadonlySet<string> => new Set(ids);

/** Messages fetched from the server and local ones, each once; the local one is the newer state. */
export function withLocal(fetched: readonly MsgDoc[], local: readonly MsgDoc[]): MsgDoc[] {
  const known = new Set(local.map(({ id }) => id));
  return [...fetched.filter(({ id }) => !known.has(id)), ...local];
}

/** Uncertain messages about which the person has decided and the server has not confirmed. */
export const settlingMessages = ({ commands, outgoing }: OwnCommands): ReadonlySet<string> =>
  new Set(
    uniqueCommands(commands, outgoing)
      .filter(({ type, status }) => type === 'SettleUncertain' && status === 'pending')
      .map(({ data }) => String(data.messageId)),
  );

/**
 * Commands the server has not answered: what the person did and is still to be sent. That they have seen a chat
 * is sent too, but it is not their doing, and telling them of it would only make them wonder.
 */
export const waitingCommands = ({ commands, outgoing }: OwnCommands): CmdDoc[] =>
  uniqueCommands(commands, outgoing).filter(
    ({ status, type }) => status === 'pending' && type !== 'MarkSeen',
  );

export const needsDecision = ({ standing }: OwnMessage): boolean =>
  standing === 'review' || standing === 'rejected';
export const streamOf = (conversationId: string): string => `conversation.${conversationId}`;
export const conversationOf = (stream: string): string => stream.slice('conversation.'.length);

/** A command handed over stands in both for a moment: the replicated one knows more. */
function uniqueCommands(commands: readonly CmdDoc[], outgoing: readonly CmdDoc[]): CmdDoc[] {
  const known = new Set(commands.map((command) => command.id));
  return [...commands, ...outgoing.filter((command) => !known.has(command.id))].sort(
    (a, b) => a.n - b.n || compare(a.deviceId, b.deviceId),
  );
}

function standingOf(command: CmdDoc, outgoing: readonly CmdDoc[]): OwnStanding {
  if (command.status !== 'pending') return command.status;
  const content = (command.data as CommandPayload<'SendMessage'>).content;
  const held = content.kind === 'media' && outgoing.some(({ id }) => id === command.id);
  return held ? 'uploading' : 'pending';
}

function coversAll(command: CmdDoc, conv: ConvDoc): boolean {
  const { upToMessageId } = command.data as CommandPayload<'MarkSeen'>;
  return (
    (command.seen ?? 0) >= conv.version ||
    conv.lastMessage?.messageId === upToMessageId ||
    conv.lastMessage?.direction === 'out'
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
