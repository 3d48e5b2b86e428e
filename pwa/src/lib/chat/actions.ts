import type { ConvDoc } from '@recado/domain/wire/documents';
import type { Workspace } from '../app/workspace.svelte.ts';

export interface ActionsProps {
  workspace: Workspace;
  conv: ConvDoc;
  open: boolean;
  anchor: HTMLElement | null;
  [bindable: string]: unknown;
}

export type ChatAction = 'card' | 'transfer' | 'return' | 'close' | 'reopen' | 'take';

/** What this person may ask of a conversation in this state; the server decides again. */
export function actionsFor(
  conv: Pick<ConvDoc, 'phase' | 'agentId'>,
  { userId, mayTakeOver }: { userId: string; mayTakeOver: boolean },
): ChatAction[] {
  const mine = conv.agentId === userId;
  if (conv.phase === 'closed') return mine || mayTakeOver ? ['reopen'] : [];
  if (!mine && !mayTakeOver) return [];
  const take: ChatAction[] = !mine && mayTakeOver ? ['take'] : [];
  const giveBack: ChatAction[] = conv.phase === 'assigned' ? ['return'] : [];
  return [...take, 'transfer', ...giveBack, 'close'];
}

export const closeReasonsFor = (mayTakeOver: boolean) =>
  [
    'resolved',
    'customer_left',
    'inactivity',
    'window_expired',
    ...(mayTakeOver ? (['supervisor'] as const) : []),
  ] as const;
