import type { Workspace } from '../app/workspace.svelte.ts';
import type { Chat } from './chat.svelte.ts';

/** Tells the server what was read: only while the chat is in front of somebody's eyes, and each message once. */
export function markSeen(chat: Chat, workspace: () => Workspace): void {
  let looking = $state(isLooking());
  let told: string | null = null;

  $effect(() => {
    const look = () => (looking = isLooking());
    document.addEventListener('visibilitychange', look);
    window.addEventListener('focus', look);
    window.addEventListener('blur', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('focus', look);
      window.removeEventListener('blur', look);
    };
  });

  $effect(() => {
    const conv = chat.conv;
    if (
      !looking ||
      !conv ||
      conv.unread === 0 ||
      conv.phase !== 'assigned' ||
      conv.agentId !== workspace().session.userId
    )
      return;
    const newest = chat.messages
      .filter(({ direction }) => direction === 'in')
      .reduce<{ sortKey: string; messageId: string } | null>(
        (last, each) => (!last || each.sortKey > last.sortKey ? each : last),
        null,
      );
    if (!newest || newest.messageId === told) return;
    told = newest.messageId;
    void workspace().ask(conv, 'MarkSeen', { upToMessageId: newest.messageId });
  });
}

const isLooking = (): boolean => document.visibilityState === 'visible' && document.hasFocus();
