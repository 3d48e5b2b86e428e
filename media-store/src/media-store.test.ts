import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMediaStore, type MediaStore } from './media-store.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the media store', () => {
  let directory: string;
  let store: MediaStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'recado-media-'));
    store = createMediaStore({ directory, maxBytes: 1_000 });
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('gives back the bytes under their hash, with the type that the bytes say', async () => {
    const stored = await store.put(Readable.from([png.subarray(0, 10), png.subarray(10)]), {
      claimedMime: 'text/html',
    });
    expect(stored).toEqual({ mediaHash: hashOf(png), bytes: png.length, mime: 'image/png' });
    const found = await store.open(hashOf(png));
    expect(await buffer(found!.stream())).toEqual(png);
    expect(await buffer(found!.stream({ start: 1, end: 3 }))).toEqual(png.subarray(1, 4));
  });

  test('keeps one copy when the same bytes are put twice at once', async () => {
    const [a, b] = await Promise.all([store.put(png), store.put(png)]);
    expect(a).toEqual(b);
    expect(await readdir(join(directory, hashOf(png).slice(0, 2)))).toHaveLength(2);
  });

  test('refuses bytes that do not give the expected hash, and stores nothing', async () => {
    expect(await store.put(png, { expectedHash: 'a'.repeat(64) })).toEqual({ rejected: 'hash_mismatch' });
    expect(await store.has(hashOf(png))).toBe(false);
  });

  test('refuses what is larger than the limit', async () => {
    expect(await store.put(Buffer.alloc(1_001, 'a'))).toEqual({ rejected: 'too_large' });
    expect(await store.put(Buffer.alloc(1_000, 'a'))).toMatchObject({ bytes: 1_000 });
  });

  test.each([
    ['a page', '<!doctype html><script>alert(1)</script>'],
    ['a drawing that can run scripts', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['a program', '\x7fELF\x02\x01\x01\x00'],
  ])('refuses %s whatever the sender claims', async (_name, text) => {
    expect(await store.put(Buffer.from(text, 'latin1'), { claimedMime: 'image/png' })).toEqual({
      rejected: 'type_not_allowed',
    });
  });

  test('stores plain text as text', async () => {
    expect(await store.put(Buffer.from('hola'), { claimedMime: 'text/csv' })).toMatchObject({
      mime: 'text/csv',
    });
  });

  test('knows no file under an unknown or ill-formed hash', async () => {
    expect(await store.open('b'.repeat(64))).toBeNull();
    expect(await store.open('../../etc/passwd')).toBeNull();
    expect(await store.has('')).toBe(false);
  });

  test('does not serve a file that was cut short on disk, and takes it again', async () => {
    await store.put(png);
    await truncate(join(directory, hashOf(png).slice(0, 2), hashOf(png)), 5);
    expect(await store.open(hashOf(png))).toBeNull();
    await store.put(png);
    expect(await buffer((await store.open(hashOf(png)))!.stream())).toEqual(png);
  });
});
