import { actorKindOf, may, type Person, refuseCommand } from '@recado/domain/access/access';
import { decideStatus } from '@recado/domain/agent/agent';
import type { Actor } from '@recado/domain/commit/commit';
import { decideCommand, type ConversationCommand } from '@recado/domain/conversation/decide';
import { reject, type Rejection, type RejectionCode } from '@recado/domain/outcome';
import { instant, isoInstant } from '@recado/domain/time';
import { agentStream } from '@recado/domain/commit/stream-id';
import { commandPayloads, type CommandPayload, type CommandType } from '@recado/domain/wire/documents';
import type { AgentAggregate, ConversationAggregate } from '../tenants/aggregates.ts';
import type { CommandBody } from './received-command.ts';

export interface Verdict {
  status: 'accepted' | 'rejected' | 'review';
  code?: RejectionCode;
  detail?: string;
}

export interface DecideDeps {
  conversations: ConversationAggregate;
  agents: AgentAggregate;
  /** Somebody of this tenant who may be given conversations. */
  mayBeAssigned: (userId: string) => boolean;
  hasQueue: (queueId: string) => boolean;
  hasMedia: (mediaHash: string) => Promise<boolean>;
  now: () => number;
}

/** Text written in good faith that came too late: the person sees it again and decides what to do with it. */
const reviewable = new Set<RejectionCode>([
  'window_closed',
  'not_assigned',
  'conversation_closed',
  'reply_target_unknown',
]);

/**
 * Decides one command. Resolves when its events are durable. The same command again is answered the same and
 * appends nothing: the stream's state remembers the ids of the commands it has seen.
 * @throws StoreUnavailable when the store does not answer: the command is still undecided.
 */
export async function decide(
  deps: DecideDeps,
  person: Person,
  id: string,
  command: CommandBody,
): Promise<Verdict> {
  const outcome = await outcomeOf(deps, person, id, command);
  if (outcome === null) return { status: 'accepted' };
  const { rejected: code, detail } = outcome;
  const status = command.type === 'SendMessage' && reviewable.has(code) ? 'review' : 'rejected';
  return detail === undefined ? { status, code } : { status, code, detail };
}

/** null: accepted. */
async function outcomeOf(
  deps: DecideDeps,
  person: Person,
  id: string,
  command: CommandBody,
): Promise<Rejection | null> {
  const refused = refuseCommand(person);
  if (refused) return refused;
  const actor: Actor = { kind: actorKindOf(person), id: person.userId };
  if (command.type === 'SetStatus') return setStatus(deps, person, actor, id, command);

  const impossible = await refuseBeforehand(deps, command);
  if (impossible) return impossible;
  const handled = await deps.conversations.handle({
    stream: command.target,
    actor,
    cause: { commandId: id },
    decide: ({ conversation }) =>
      decideCommand(conversation, conversationCommand(id, command), {
        now: instant(deps.now()),
        actor,
        mayTakeOver: may(person, 'takeOver'),
      }),
  });
  return refusalIn(handled);
}

const refusalIn = (handled: object | Rejection): Rejection | null =>
  'rejected' in handled ? reject(handled.rejected, handled.detail) : null;

async function setStatus(
  deps: DecideDeps,
  person: Person,
  actor: Actor,
  id: string,
  command: CommandBody,
): Promise<Rejection | null> {
  if (command.target !== agentStream(person.userId))
    return reject('forbidden', 'the status of somebody else');
  if (!may(person, 'attend')) return reject('forbidden', 'this role does not attend');
  const { status } = payloadOf('SetStatus', command);
  const handled = await deps.agents.handle({
    stream: command.target,
    actor,
    cause: { commandId: id },
    decide: ({ agent }) =>
      decideStatus(agent, { agentId: person.userId, status, reason: 'stated', commandId: id }),
  });
  return refusalIn(handled);
}

/** What the conversation's own state cannot know: people, queues and files. */
async function refuseBeforehand(deps: DecideDeps, command: CommandBody): Promise<Rejection | null> {
  if (command.type === 'TransferConversation') {
    const { to } = payloadOf('TransferConversation', command);
    if ('agentId' in to) return deps.mayBeAssigned(to.agentId) ? null : reject('agent_unavailable');
    return deps.hasQueue(to.queueId) ? null : reject('invalid_command', 'no such queue');
  }
  if (command.type === 'SendMessage') {
    const { content } = payloadOf('SendMessage', command);
    if (content.kind === 'media' && !(await deps.hasMedia(content.mediaHash))) return reject('media_missing');
  }
  return null;
}

function conversationCommand(commandId: string, command: CommandBody): ConversationCommand {
  switch (command.type) {
    case 'SendMessage': {
      // The device's clock may be hours off, or no clock at all: it is shown, never reckoned with.
      const writtenAt = isoInstant.safeParse(command.createdAt);
      const payload = payloadOf('SendMessage', command);
      return {
        type: 'SendMessage',
        commandId,
        ...payload,
        ...(writtenAt.success ? { writtenAt: writtenAt.data } : {}),
      };
    }
    case 'CloseConversation':
      return { type: 'CloseConversation', commandId, ...payloadOf('CloseConversation', command) };
    case 'TransferConversation':
      return { type: 'TransferConversation', commandId, ...payloadOf('TransferConversation', command) };
    case 'MarkSeen':
      return { type: 'MarkSeen', commandId, ...payloadOf('MarkSeen', command) };
    case 'SettleUncertain':
      return { type: 'SettleUncertain', commandId, ...payloadOf('SettleUncertain', command) };
    case 'SetStatus':
      throw new TypeError('SetStatus is about no conversation');
    default:
      return { type: command.type, commandId };
  }
}

/** Checked on arrival, so it parses: what is in the mailbox went through `receiveCommand`. */
const payloadOf = <Type extends CommandType>(type: Type, command: CommandBody): CommandPayload<Type> =>
  commandPayloads[type].parse(command.data) as CommandPayload<Type>;
