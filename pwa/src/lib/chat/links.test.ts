import { expect, it } from 'vitest';
import { linked } from './links.ts';

it('makes links of web addresses only, and leaves the full stop outside', () => {
  expect(linked('ver https://a.test/x?y=1. ok')).toEqual([
    { text: 'ver ' },
    { text: 'https://a.test/x?y=1', href: 'https://a.test/x?y=1' },
    { text: '. ok' },
  ]);
});
it.each(['javascript:alert(1)', 'data:text/html,x', '<b>hola</b>', ''])('leaves %j as it is', (text) => {
  expect(linked(text).every(({ href }) => href === undefined)).toBe(true);
  expect(
    linked(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});
