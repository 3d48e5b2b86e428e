import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, emptyHead, findChainFault, seal, type Head } from './chain.ts';
import type { Commit } from './commit.ts';

const stream = 'contact.c1';
const draft = (head: Head, name: string) => ({
  stream,
  head,
  at: '2026-11-20T14:00:00.000Z',
  actor: { kind: 'system' as const, id: 's' },
  cause: { event: 'e' },
  events: [{ type: 'ContactRenamed', data: { name } }],
});

function history(length: number): Commit[] {
  const commits: Commit[] = [];
  let head = emptyHead;
  for (let version = 1; version <= length; version += 1) {
    const commit = seal(draft(head, `name ${version}`));
    commits.push(commit);
    head = { version, hash: commit.hash };
  }
  return commits;
}

describe('the hash chain', () => {
  test('is whole for a history that nobody touched', () => {
    expect(findChainFault(stream, history(5))).toBeNull();
    expect(findChainFault(stream, [])).toBeNull();
  });

  test('pins the hash of a known commit, so that the canonical form cannot change unnoticed', () => {
    expect(history(1)[0]!.hash).toMatchInlineSnapshot(
      `"bbbcdc342301a54471c1adf2901a1e2db23233bc25ad5cefe4aa3c1e67ceeed7"`,
    );
  });

  test('survives the store: JSON written and read back gives the same hash', () => {
    const stored = JSON.parse(JSON.stringify(history(3))) as Commit[];
    expect(findChainFault(stream, stored)).toBeNull();
  });

  test('leaves out what JSON cannot keep before it hashes', () => {
    const commit = seal({
      ...draft(emptyHead, 'a'),
      events: [{ type: 'X', data: { kept: 1, lost: undefined } }],
    });
    expect(findChainFault(stream, [JSON.parse(JSON.stringify(commit)) as Commit])).toBeNull();
  });

  test('keeps a commit whose text was cut in the middle of an emoji', () => {
    const cut = 'listo 👍'.slice(0, -1);
    const commit = seal({
      ...draft(emptyHead, 'a'),
      events: [{ type: 'X', data: { cut, deep: [{ cut }] } }],
    });
    expect(commit.events[0]!.data).toEqual({ cut: 'listo \ufffd', deep: [{ cut: 'listo \ufffd' }] });
    expect(findChainFault(stream, [JSON.parse(JSON.stringify(commit)) as Commit])).toBeNull();
  });

  test('shows any change, removal, swap or move of a commit', () => {
    const tamper: Record<string, (commits: Commit[]) => Commit[]> = {
      'a changed text': ([a, b, c]) => [
        a!,
        { ...b!, events: [{ type: 'ContactRenamed', data: { name: 'x' } }] },
        c!,
      ],
      'a changed time': ([a, b, c]) => [a!, { ...b!, at: '2026-11-20T15:00:00.000Z' }, c!],
      'a changed author': ([a, b, c]) => [a!, { ...b!, actor: { kind: 'admin', id: 'eve' } }, c!],
      'a removed commit': ([a, , c]) => [a!, c!],
      'a removed beginning': ([, b, c]) => [b!, c!],
      'two swapped commits': ([a, b, c]) => [a!, c!, b!],
      'a commit of another stream': ([a, b, c]) => [a!, { ...b!, stream: 'contact.c2' }, c!],
      'a rehashed change': ([a, b, c]) =>
        [a!, seal(draft({ version: 1, hash: a!.hash }, 'forged')), c!].map((x) => x ?? b!),
    };
    const found = Object.entries(tamper).map(([name, change]) => [
      name,
      findChainFault(stream, change(history(3)))?.fault,
    ]);
    expect(Object.fromEntries(found)).toEqual({
      'a changed text': 'altered',
      'a changed time': 'altered',
      'a changed author': 'altered',
      'a removed commit': 'missing',
      'a removed beginning': 'missing',
      'two swapped commits': 'missing',
      'a commit of another stream': 'misplaced',
      'a rehashed change': 'unlinked',
    });
  });

  test('canonical JSON does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });
});
