import fc from 'fast-check';
import { expect, test } from 'vitest';
import { e164, phoneVariants } from './phone-variants.ts';

test.each([
  ['+5511987654321', '+551187654321'],
  ['+551187654321', '+5511987654321'],
  ['+5215512345678', '+525512345678'],
  ['+525512345678', '+5215512345678'],
])('%s is also spelled %s', (phone, other) => {
  expect(phoneVariants(phone)).toEqual([phone, other]);
});

test.each(['+573015550101', '+551133334444', '+14155550101', '+5511'])('%s has one spelling', (phone) => {
  expect(phoneVariants(phone)).toEqual([phone]);
});

test('the other spelling of the other spelling is the number itself', () => {
  const digits = fc.stringMatching(/^(55\d{10,11}|52\d{10,11})$/);
  fc.assert(
    fc.property(digits, (text) => {
      const [phone = '', other] = phoneVariants(`+${text}`);
      if (other !== undefined) expect(phoneVariants(other)).toEqual([other, phone]);
    }),
  );
});

test.each([
  ['573015550101', '+573015550101'],
  ['+57 (301) 555-01.01', '+573015550101'],
  ['', null],
  ['PHONE_NUMBER', null],
  ['0012', null],
  ['573015550101@c.us', null],
])('%s is read as %s', (text, phone) => {
  expect(e164(text)).toBe(phone);
});
