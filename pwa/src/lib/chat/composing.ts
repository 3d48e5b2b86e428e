import type { ConvDoc } from '@recado/domain/wire/documents';
import { windowLeft } from '../inbox/urgency.ts';

/** WhatsApp's limits, in UTF-16 code units; the domain's own figures, checked by a test. */
export const textLimit = 4_096;
export const captionLimit = 1_024;
/** From here on the person is told how much is left. */
export const countFrom = 200;

const megabyte = 1_000_000;
const sizeLimits = {
  image: 5 * megabyte,
  video: 16 * megabyte,
  audio: 16 * megabyte,
  document: 100 * megabyte,
  sticker: 0.5 * megabyte,
};
export type AttachedType = 'image' | 'video' | 'audio' | 'document';

/** What WhatsApp shows as image, video or audio; anything else travels as a document. */
export function attachedType(mime: string): AttachedType {
  if (mime === 'image/jpeg' || mime === 'image/png') return 'image';
  if (mime === 'video/mp4' || mime === 'video/3gpp') return 'video';
  if (['audio/aac', 'audio/mp4', 'audio/mpeg', 'audio/amr', 'audio/ogg'].includes(mime)) return 'audio';
  return 'document';
}

/** Largest size in bytes, or an image too large for WhatsApp that can still go as a document. */
export function placeFor(file: {
  type: string;
  size: number;
}): { mediaType: AttachedType } | { tooBig: number } {
  const mediaType = attachedType(file.type);
  if (file.size <= sizeLimits[mediaType]) return { mediaType };
  return file.size <= sizeLimits.document ? { mediaType: 'document' } : { tooBig: sizeLimits.document };
}

/** Why nothing can be written here. null: it can. */
export type Obstacle = 'closed' | 'not_mine' | 'window_closed' | 'leaving';

export function obstacleOf(
  conv: ConvDoc,
  { userId, now, leaving }: { userId: string; now: number; leaving: boolean },
): Obstacle | null {
  if (leaving) return 'leaving';
  if (conv.phase === 'closed') return 'closed';
  if (conv.phase !== 'assigned' || conv.agentId !== userId) return 'not_mine';
  const left = windowLeft(conv, now);
  return left !== null && left <= 0 ? 'window_closed' : null;
}
