import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256Hex as chosen } from '#sha256';
import { sha256Hex as onNode } from './sha256-node.ts';
import { sha256Hex as anywhere } from './sha256.ts';

test('gives the hash that the standard gives', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([onNode('abc'), anywhere('abc')]).toEqual([abc, abc]);
});

test('is the same on Node as in a browser, whatever the text, halves of an emoji included', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 0, max: 300 }),
      (text, cut) => {
        const cutText = `${text}👍`.slice(0, cut);
        expect(onNode(text)).toBe(anywhere(text));
        expect(onNode(cutText)).toBe(anywhere(cutText));
      },
    ),
  );
  expect(onNode('\ud83d')).toBe(anywhere('\ud83d'));
});

test('Node takes its own', () => {
  expect(chosen).toBe(onNode);
});
