import { sha256Hex } from '../commit/chain.ts';
import type { ConversationState } from '../conversation/state.ts';
import type { NumberSettings } from '../settings/settings.ts';

/** Bot v0: says the number's greeting, once in an episode, and hands over to the number's queue. */
export interface BotStep {
  say: { messageId: string; text: string } | null;
  handOverTo: string;
  botId: string;
}

export const greeterId = 'greeter';

/**
 * The next step, or null when it is not the bot's turn. A conversation in which only the company has spoken (an
 * echo of its own phone, a system note) waits for the customer's first word.
 */
export function nextBotStep(
  state: ConversationState,
  number: Pick<NumberSettings, 'greeting' | 'queueId'>,
): BotStep | null {
  if (state.phase !== 'bot' || state.lastInboundAt === null) return null;
  const messageId = greetingId(state.id);
  const say = number.greeting && !state.messages[messageId] ? { messageId, text: number.greeting } : null;
  return { say, handOverTo: number.queueId, botId: greeterId };
}

/** Derived from the conversation: a replay finds the same message and says it no second time. */
export const greetingId = (conversationId: string): string => `bot-${sha256Hex(conversationId).slice(0, 24)}`;
