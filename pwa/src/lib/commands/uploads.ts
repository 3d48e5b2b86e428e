import type { CmdDoc, CommandPayload } from '@recado/domain/wire/documents';
import { backOff } from '../sync/back-off.ts';
import type { FileStore } from './file-store.ts';

/**
 * Sends a command's file before the command itself. Answers whether the command may go now:
 * - no file, file uploaded, or file refused for good: yes. A refused file lets its command through, because the
 *   server then answers it with `media_missing`, which the person sees and decides on; a command that stayed
 *   here would hold up everything written after it in that chat.
 * - no network, server busy, session over: not now.
 */
export interface UploadDeps {
  files: FileStore;
  put: (hash: string, file: Blob) => Promise<{ status: number }>;
  now: () => number;
  random: () => number;
}

const refusedForGood = new Set([400, 413, 415, 422]);

export function createUploads({ files, put, now, random }: UploadDeps) {
  let failures = 0;
  let notBefore = 0;

  async function mayGo(command: CmdDoc): Promise<boolean> {
    const hash = fileOf(command);
    if (hash === null) return true;
    const file = await files.get(hash);
    if (!file) return true;
    if (now() < notBefore) return false;
    const status = await put(hash, file).then(
      (response) => response.status,
      () => 0,
    );
    if ((status >= 200 && status < 300) || refusedForGood.has(status)) {
      failures = 0;
      await files.remove(hash);
      return true;
    }
    failures += 1;
    notBefore = now() + backOff(failures, random);
    return false;
  }

  return { mayGo, hurry: () => (notBefore = 0) };
}

export function fileOf(command: CmdDoc): string | null {
  if (command.type !== 'SendMessage') return null;
  const { content } = command.data as CommandPayload<'SendMessage'>;
  return content.kind === 'media' ? content.mediaHash : null;
}
