import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileTypeFromBuffer } from 'file-type';
import { mediaTypeOf } from './media-types.ts';

/**
 * Files by the SHA-256 of their bytes, on disk: `<directory>/<first two hex>/<hash>` beside `<hash>.json`.
 *
 * Invariants
 * - A hash that `has` answers true for is whole: bytes are written and fsynced under a temporary name, then
 *   renamed; the description is renamed last, and only what has a description exists.
 * - The type is what the bytes say, not what the sender claims; what could run in a browser is refused.
 * - Putting the same bytes again costs a read and changes nothing.
 */
export interface MediaStore {
  put(bytes: Readable | Uint8Array, options?: PutOptions): Promise<StoredMedia | MediaRefusal>;
  has(mediaHash: string): Promise<boolean>;
  /** null when there is no such file. `range` is inclusive at both ends, in bytes. */
  open(mediaHash: string): Promise<OpenMedia | null>;
}

export interface PutOptions {
  /** SHA-256, hex: the upload is refused when the bytes do not give it. */
  expectedHash?: string;
  /** Used only where the bytes do not tell (plain text, CSV). */
  claimedMime?: string;
}

export interface StoredMedia {
  mediaHash: string;
  bytes: number;
  mime: string;
}

export type MediaRefusal = { rejected: 'too_large' | 'hash_mismatch' | 'type_not_allowed' };

export interface OpenMedia {
  bytes: number;
  mime: string;
  stream(range?: { start: number; end: number }): Readable;
}

export interface MediaStoreDeps {
  directory: string;
  maxBytes: number;
}

/** Enough of a file's beginning to tell its type. */
const sniffBytes = 4_100;
const hashPattern = /^[0-9a-f]{64}$/;

export function createMediaStore({ directory, maxBytes }: MediaStoreDeps): MediaStore {
  const pathOf = (mediaHash: string) => join(directory, mediaHash.slice(0, 2), mediaHash);

  /** What is stored under a hash, if it is whole: a file cut short on disk counts as absent and can be put again. */
  const describe = async (mediaHash: string): Promise<StoredMedia | null> => {
    if (!hashPattern.test(mediaHash)) return null;
    const text = await readFile(`${pathOf(mediaHash)}.json`, 'utf8').catch(nullWhenMissing);
    const found = await stat(pathOf(mediaHash)).catch(nullWhenMissing);
    if (text === null || found === null) return null;
    const stored = JSON.parse(text) as StoredMedia;
    return found.size === stored.bytes ? stored : null;
  };

  const put: MediaStore['put'] = async (input, options = {}) => {
    const incoming = join(directory, 'incoming');
    await mkdir(incoming, { recursive: true });
    const temporary = join(incoming, randomUUID());
    const file = await open(temporary, 'wx');
    try {
      const received = await receive(input, file, maxBytes);
      if (received === 'too_large') return { rejected: 'too_large' };
      const { mediaHash, bytes, head } = received;
      if (options.expectedHash !== undefined && options.expectedHash !== mediaHash)
        return { rejected: 'hash_mismatch' };
      const known = await describe(mediaHash);
      if (known) return known;
      const mime = mediaTypeOf((await fileTypeFromBuffer(head))?.mime, head, options.claimedMime);
      if (mime === null) return { rejected: 'type_not_allowed' };
      const stored = { mediaHash, bytes, mime };
      await file.sync();
      await mkdir(dirname(pathOf(mediaHash)), { recursive: true });
      await rename(temporary, pathOf(mediaHash));
      await writeDurably(`${temporary}.json`, JSON.stringify(stored));
      await rename(`${temporary}.json`, `${pathOf(mediaHash)}.json`);
      await syncDirectory(dirname(pathOf(mediaHash)));
      return stored;
    } finally {
      await file.close();
      await rm(temporary, { force: true });
    }
  };

  return {
    put,
    has: async (mediaHash) => (await describe(mediaHash)) !== null,
    open: async (mediaHash) => {
      const stored = await describe(mediaHash);
      if (!stored) return null;
      const { bytes, mime } = stored;
      return { bytes, mime, stream: (range) => createReadStream(pathOf(mediaHash), range) };
    },
  };
}

async function receive(
  input: Readable | Uint8Array,
  file: FileHandle,
  maxBytes: number,
): Promise<{ mediaHash: string; bytes: number; head: Buffer } | 'too_large'> {
  const hash = createHash('sha256');
  const head: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input instanceof Readable ? input : [input]) {
    const buffer = Buffer.from(chunk as Uint8Array);
    if (bytes < sniffBytes) head.push(buffer.subarray(0, sniffBytes - bytes));
    bytes += buffer.length;
    if (bytes > maxBytes) return 'too_large';
    hash.update(buffer);
    await file.write(buffer);
  }
  return { mediaHash: hash.digest('hex'), bytes, head: Buffer.concat(head) };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

/** A rename is durable once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}

function nullWhenMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}
