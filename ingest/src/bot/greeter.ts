import { nextBotStep, greeterId } from '@recado/domain/bot/greet';
import type { Commit } from '@recado/domain/commit/commit';
import { isConversationStream } from '@recado/domain/commit/stream-id';
import { decideBotStep } from '@recado/domain/conversation/decide';
import { accept } from '@recado/domain/outcome';
import type { TenantSettings } from '@recado/domain/settings/settings';
import { StoreUnavailable } from '@recado/event-store/event-store';
import type { Conversations } from '../receive/conversations.ts';

export interface GreeterDeps {
  conversations: Conversations;
  settings: () => TenantSettings;
  onUnknownNumber: (numberId: string) => void;
  /** Our own code failed on one conversation: the others go on. */
  onDefect: (error: unknown) => void;
}

/** After these it may be the bot's turn. */
const wakesBot = new Set(['ConversationOpened', 'MessageReceived', 'ConversationReopened']);

/** Follows commits; where it is the bot's turn, it greets and hands over in one commit. Repeating does nothing. */
export function createGreeter({ conversations, settings, onUnknownNumber, onDefect }: GreeterDeps) {
  const { aggregate } = conversations;

  const step = async (commit: Commit): Promise<void> => {
    const { state } = await aggregate.catchUp(commit);
    if (state.phase !== 'bot') return;
    await aggregate.handle({
      stream: commit.stream,
      actor: { kind: 'bot', id: greeterId },
      cause: { event: commit._id },
      decide(current) {
        const number = settings().numbers[current.numberId];
        if (!number) onUnknownNumber(current.numberId);
        const next = number ? nextBotStep(current, number) : null;
        return next ? decideBotStep(current, next) : accept();
      },
    });
  };

  return async (commits: readonly Commit[]): Promise<void> => {
    const latest = new Map<string, Commit>();
    for (const commit of commits) {
      if (!isConversationStream(commit.stream)) continue;
      if (commit.events.some(({ type }) => wakesBot.has(type))) latest.set(commit.stream, commit);
    }
    const stepOrTell = (commit: Commit): Promise<void> =>
      step(commit).catch((error: unknown) => {
        if (error instanceof StoreUnavailable) throw error;
        onDefect(error);
      });
    await Promise.all([...latest.values()].map(stepOrTell));
  };
}
