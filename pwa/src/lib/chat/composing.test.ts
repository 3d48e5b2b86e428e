import { describe, expect, it } from 'vitest';
import * as domain from '@recado/domain/conversation/content';
import type { ConvDoc } from '@recado/domain/wire/documents';
import { captionLimit, obstacleOf, placeFor, textLimit } from './composing.ts';

const conv = (over: Partial<ConvDoc>): ConvDoc =>
  ({ phase: 'assigned', agentId: 'ana', windowUntil: '2026-01-02T00:00:00.000Z', ...over }) as ConvDoc;
const at = (time: string) => ({ userId: 'ana', now: Date.parse(time), leaving: false });
const before = at('2026-01-01T23:59:59.000Z');

describe('writing', () => {
  it('has the domain’s limits', () => {
    expect([textLimit, captionLimit]).toEqual([domain.textLimit, domain.captionLimit]);
  });
  it('is possible in an own open conversation within the window', () =>
    expect(obstacleOf(conv({}), before)).toBeNull());
  it('ends with the window', () => {
    expect(obstacleOf(conv({}), at('2026-01-02T00:00:00.000Z'))).toBe('window_closed');
    expect(obstacleOf(conv({ windowUntil: null }), at('2030-01-01T00:00:00.000Z'))).toBeNull();
  });
  it('says why it is not possible', () => {
    expect(obstacleOf(conv({ phase: 'closed' }), before)).toBe('closed');
    expect(obstacleOf(conv({ agentId: 'bruno' }), before)).toBe('not_mine');
    expect(obstacleOf(conv({ phase: 'queued', agentId: null }), before)).toBe('not_mine');
    expect(obstacleOf(conv({}), { ...before, leaving: true })).toBe('leaving');
  });
});

describe('attaching', () => {
  it('sends what WhatsApp shows as what it is, and the rest as documents', () => {
    expect(placeFor({ type: 'image/jpeg', size: 1_000 })).toEqual({ mediaType: 'image' });
    expect(placeFor({ type: 'image/svg+xml', size: 1_000 })).toEqual({ mediaType: 'document' });
    expect(placeFor({ type: '', size: 1_000 })).toEqual({ mediaType: 'document' });
  });
  it('sends a picture that is too large for a picture as a document', () => {
    expect(placeFor({ type: 'image/png', size: 6_000_000 })).toEqual({ mediaType: 'document' });
  });
  it('refuses what is too large for anything', () => {
    expect(placeFor({ type: 'video/mp4', size: 100_000_001 })).toEqual({ tooBig: 100_000_000 });
  });
});
