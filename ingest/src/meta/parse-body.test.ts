import { expect, test } from 'vitest';
import { parseBody, storableBody } from './parse-body.ts';

test('bytes that are JSON are read', () => {
  expect(parseBody(Buffer.from('{"a":["\\u00f1",1]}'))).toEqual({ a: ['ñ', 1] });
});

test('bytes that are none are told apart', () => {
  for (const text of ['', '{', 'hola', '{"a":1}}']) expect(parseBody(Buffer.from(text))).toBeUndefined();
});

test('half a surrogate pair, which the store refuses, is replaced; whole pairs stay', () => {
  expect(parseBody(Buffer.from('{"a":"x\\ud83d","b":"\\ud83d\\ude00"}'))).toEqual({ a: 'x\ufffd', b: '😀' });
});

test('nesting that would exhaust the stack is refused, brackets in a text are not nesting', () => {
  expect(parseBody(Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)))).toBeUndefined();
  const text = `${'['.repeat(4_000)}"\\`;
  expect(parseBody(Buffer.from(JSON.stringify({ text })))).toEqual({ text });
});

test('what is kept of other bytes can be given back exactly', () => {
  expect(storableBody(Buffer.from('no es JSON ñ'))).toEqual({ text: 'no es JSON ñ' });
  expect(storableBody(Buffer.from([0xff, 0x00, 0x80]))).toEqual({ base64: '/wCA' });
});
