import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { challengeOf, isSignedWith } from './signature.ts';

const body = Buffer.from('{"nombre":"Peña"}');
const hex = createHmac('sha256', 'secret').update(body).digest('hex');

test('a body signed with the secret is ours', () => {
  expect(isSignedWith('secret', body, `sha256=${hex}`)).toBe(true);
  expect(isSignedWith('secret', body, `sha256=${hex.toUpperCase()}`)).toBe(true);
});

test.each([
  ['another secret', 'other', `sha256=${hex}`],
  ['no header', 'secret', undefined],
  ['no scheme', 'secret', hex],
  ['another scheme', 'secret', `sha1=${hex}`],
  ['a short signature', 'secret', `sha256=${hex.slice(2)}`],
  ['something that is not hex', 'secret', `sha256=${'z'.repeat(64)}`],
])('a body with %s is not', (_what, secret, header) => {
  expect(isSignedWith(secret, body, header)).toBe(false);
});

test('a body that was changed by one byte is not', () => {
  expect(isSignedWith('secret', Buffer.from('{"nombre":"Pena"}'), `sha256=${hex}`)).toBe(false);
});

const isToken = (token: string) => token === 'verify-me';
const query = { 'hub.mode': 'subscribe', 'hub.challenge': '77', 'hub.verify_token': 'verify-me' };

test('the handshake gives the challenge back', () => {
  expect(challengeOf(query, isToken)).toBe('77');
});

test.each([
  { ...query, 'hub.verify_token': 'other' },
  { ...query, 'hub.verify_token': '' },
  { ...query, 'hub.verify_token': ['verify-me', 'verify-me'] },
  { ...query, 'hub.mode': 'unsubscribe' },
  { 'hub.mode': 'subscribe', 'hub.verify_token': 'verify-me' },
  {},
])('the handshake refuses %o', (wrong) => {
  expect(challengeOf(wrong, isToken)).toBeNull();
});
