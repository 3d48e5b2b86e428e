import { addMs, day } from '../time.ts';
import type { ConversationState } from './state.ts';

const windowMs = day;

/**
 * The end of the window: until then free text may be sent. null where the provider knows no window, and where the
 * customer has never written.
 */
export function windowUntil(state: Pick<ConversationState, 'provider' | 'lastInboundAt'>): string | null {
  if (state.provider !== 'meta' || state.lastInboundAt === null) return null;
  return addMs(state.lastInboundAt, windowMs);
}
