import type { Attachment } from '../app/drafts.ts';
import type { FileStore } from '../commands/file-store.ts';
import { placeFor } from './composing.ts';

export type Attached =
  | { attachment: Attachment }
  | { problem: 'too_big'; limit: number }
  | { problem: 'empty' }
  | { problem: 'no_space' };

/** Keeps a file on the device under its hash, to be uploaded when there is a network. */
export async function attach(file: File, files: FileStore): Promise<Attached> {
  if (file.size === 0) return { problem: 'empty' };
  const place = placeFor(file);
  if ('tooBig' in place) return { problem: 'too_big', limit: place.tooBig };
  const bytes = await file.arrayBuffer();
  const mediaHash = hex(await crypto.subtle.digest('SHA-256', bytes));
  const mime = file.type || 'application/octet-stream';
  try {
    // A copy of the bytes: the file itself may change or be deleted before it is sent.
    await files.put(mediaHash, new Blob([bytes], { type: mime }));
  } catch {
    return { problem: 'no_space' };
  }
  return {
    attachment: {
      kind: 'media',
      mediaType: place.mediaType,
      mediaHash,
      mime,
      bytes: file.size,
      filename: file.name.slice(-240),
    },
  };
}

const hex = (buffer: ArrayBuffer): string =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
