import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { signatureOf, wireJson } from './wire-json.ts';

const value = { text: 'año 😀 https://x/y', object: 'whatsapp_business_account' };

test('escapes like Meta: non-ASCII and slashes, and means the same', () => {
  const body = wireJson(value, { escapeUnicode: true, padToBytes: 0 }).toString('latin1');
  expect(body).toContain('a\\u00f1o \\ud83d\\ude00 https:\\/\\/x\\/y');
  expect(JSON.parse(body)).toEqual(value);
});

test('pads to the asked size without changing the meaning', () => {
  const body = wireJson(value, { escapeUnicode: false, padToBytes: 1_500_000 });
  expect(body.length).toBe(1_500_000);
  expect(JSON.parse(body.toString())).toEqual(value);
});

test('signs the very bytes: the escaped form has another signature than the plain one', () => {
  const plain = wireJson(value, { escapeUnicode: false, padToBytes: 0 });
  const escaped = wireJson(value, { escapeUnicode: true, padToBytes: 0 });
  expect(signatureOf('secret', escaped)).toBe(
    `sha256=${createHmac('sha256', 'secret').update(escaped).digest('hex')}`,
  );
  expect(signatureOf('secret', plain)).not.toBe(signatureOf('secret', escaped));
  expect(signatureOf('other', plain)).not.toBe(signatureOf('secret', plain));
});
