/**
 * Types that may be stored and shown: what WhatsApp carries. HTML, SVG, scripts and programs are left out: a
 * browser could run them from our origin.
 */
const allowed = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/heic',
  'video/mp4',
  'video/3gpp',
  'video/quicktime',
  'video/webm',
  'audio/aac',
  'audio/mp4',
  'audio/x-m4a',
  'audio/mpeg',
  'audio/amr',
  'audio/ogg',
  'audio/opus',
  'audio/wav',
  'audio/webm',
  'application/pdf',
  'application/zip',
  'application/x-cfb',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
]);

/** The only texts that have no signature and may be stored on the sender's word. */
const plainTypes = new Set(['text/plain', 'text/csv', 'text/vcard', 'text/x-vcard']);

/**
 * The type to store, or null when it is not allowed. `sniffed` is what the bytes say (undefined when they say
 * nothing known); `claimed` counts only for text.
 */
export function mediaTypeOf(
  sniffed: string | undefined,
  head: Uint8Array,
  claimed: string | undefined,
): string | null {
  const bare = bareType(sniffed);
  if (bare !== undefined) return allowed.has(bare) ? bare : null;
  const claim = bareType(claimed);
  if (claim !== undefined && plainTypes.has(claim) && looksLikeText(head)) return claim;
  return looksLikeText(head) && !looksLikeMarkup(head) ? 'text/plain' : null;
}

const bareType = (mime: string | undefined): string | undefined => mime?.split(';')[0]?.trim().toLowerCase();

const looksLikeText = (head: Uint8Array): boolean => !head.includes(0);

const looksLikeMarkup = (head: Uint8Array): boolean =>
  /<\s*(!doctype|html|script|svg|\?xml|body|iframe)/i.test(new TextDecoder().decode(head));
