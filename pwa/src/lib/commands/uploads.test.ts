import { describe, expect, it } from 'vitest';
import type { CmdDoc } from '@recado/domain/wire/documents';
import type { FileStore } from './file-store.ts';
import { createUploads } from './uploads.ts';

const hash = 'a'.repeat(64);
const withFile = {
  type: 'SendMessage',
  data: {
    messageId: 'm',
    content: { kind: 'media', mediaType: 'image', mediaHash: hash, mime: 'image/png', bytes: 3 },
  },
} as unknown as CmdDoc;
const text = {
  type: 'SendMessage',
  data: { messageId: 'm', content: { kind: 'text', body: 'hola' } },
} as unknown as CmdDoc;

function setUp(answers: Array<number | 'lost'>) {
  const files = new Map([[hash, new Blob(['abc'])]]);
  const store: FileStore = {
    put: () => Promise.resolve(),
    get: (name) => Promise.resolve(files.get(name)),
    remove: (name) => Promise.resolve(void files.delete(name)),
    destroy: () => Promise.resolve(),
  };
  let now = 0;
  let asked = 0;
  const uploads = createUploads({
    files: store,
    now: () => now,
    random: () => 1,
    put: () => {
      const answer = answers[asked++]!;
      return answer === 'lost'
        ? Promise.reject(new TypeError('network'))
        : Promise.resolve({ status: answer });
    },
  });
  return { ...uploads, files, asked: () => asked, pass: (ms: number) => (now += ms) };
}

describe('files before their commands', () => {
  it('lets a text pass at once', async () => {
    expect(await setUp([]).mayGo(text)).toBe(true);
  });
  it('lets the command go once its file is stored, and forgets the copy', async () => {
    const { mayGo, files } = setUp([201]);
    expect(await mayGo(withFile)).toBe(true);
    expect(files.size).toBe(0);
  });
  it('holds the command back while the file cannot be sent, and tries again after a while', async () => {
    const { mayGo, files, asked, pass } = setUp(['lost', 503, 201]);
    expect(await mayGo(withFile)).toBe(false);
    expect(await mayGo(withFile)).toBe(false);
    expect(asked()).toBe(1);
    pass(1_000);
    expect(await mayGo(withFile)).toBe(false);
    pass(1_999);
    expect(await mayGo(withFile)).toBe(false);
    expect(asked()).toBe(2);
    pass(1);
    expect(await mayGo(withFile)).toBe(true);
    expect(files.size).toBe(0);
  });
  it('keeps the file while the session is over', async () => {
    const { mayGo, files } = setUp([401]);
    expect(await mayGo(withFile)).toBe(false);
    expect(files.size).toBe(1);
  });
  it('lets a command go whose file is refused for good, so that the server can answer it', async () => {
    expect(await setUp([415]).mayGo(withFile)).toBe(true);
  });
});
