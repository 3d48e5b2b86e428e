import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatted, unmarked } from './formatted.ts';

it('makes links of web addresses only, and leaves the full stop outside', () => {
  expect(formatted('ver https://a.test/x?y=1. ok')).toEqual([
    { text: 'ver ' },
    { text: 'https://a.test/x?y=1', href: 'https://a.test/x?y=1' },
    { text: '. ok' },
  ]);
});

it('leaves the marks in an address alone, and marks an address as a whole', () => {
  const href = 'https://a.test/un_caso_raro?a=*b*';
  expect(formatted(href)).toEqual([{ text: href, href }]);
  expect(formatted('*https://a.test/x*')).toEqual([
    { text: 'https://a.test/x', href: 'https://a.test/x', bold: true },
  ]);
});

it('shows what WhatsApp marks, also one in the other and over letters of all scripts', () => {
  expect(formatted('*hola* _mundo_ ~no~ `x=1`')).toEqual([
    { text: 'hola', bold: true },
    { text: ' ' },
    { text: 'mundo', italic: true },
    { text: ' ' },
    { text: 'no', struck: true },
    { text: ' ' },
    { text: 'x=1', code: true },
  ]);
  expect(formatted('*muy _muy_ bien*')).toEqual([
    { text: 'muy ', bold: true },
    { text: 'muy', bold: true, italic: true },
    { text: ' bien', bold: true },
  ]);
  expect(formatted('¿*مرحبا*?')).toEqual([{ text: '¿' }, { text: 'مرحبا', bold: true }, { text: '?' }]);
  expect(formatted('```a\n*b*```')).toEqual([{ text: 'a\n*b*', code: true }]);
});

it.each([
  'snake_case_name',
  '2*3*4',
  '* uno',
  '*uno *',
  '*uno\ndos*',
  '**',
  '***',
  '~',
  '``````',
  'á*b*',
  'javascript:alert(1)',
  'data:text/html,x',
  '<b>hola</b>',
])('leaves %j as it is', (text) => {
  expect(formatted(text)).toEqual([{ text }]);
});

it('leaves the marks out of a line of a list', () => {
  expect(unmarked('*muy _urgente_*: 2*3')).toBe('muy urgente: 2*3');
});

it('loses no character but the marks that it shows', () => {
  const piece = fc.constantFrom('*', '_', '~', '`', '```', ' ', '\n', 'a', 'é', 'https://a.test/', '👍');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const shown = formatted(text)
        .map((part) => part.text)
        .join('');
      let at = 0;
      for (const character of shown) {
        const found = text.indexOf(character, at);
        expect(found).toBeGreaterThanOrEqual(at);
        expect(text.slice(at, found)).toMatch(/^[*_~`]*$/);
        at = found + character.length;
      }
      expect(text.slice(at)).toMatch(/^[*_~`]*$/);
    }),
  );
});
