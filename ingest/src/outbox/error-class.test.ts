import { describe, expect, test } from 'vitest';
import { errorClassOf, type ErrorClass } from './error-class.ts';

const table: [ErrorClass, number[]][] = [
  ['retry', [4, 613, 80007, 130429, 131000, 131016, 131057, 133016]],
  ['pair_wait', [131056]],
  ['pause_number', [368, 130497, 131031, 131048]],
  ['stop_account', [0, 3, 10, 190, 200, 250, 299, 131042]],
  ['never', [130472, 131026, 131047, 131049, 131050, 131051]],
  ['fix', [100, 131008, 131009, 131062, 132000, 132012, 132999]],
  ['retry_media_once', [131053]],
];

describe.each(table)('%s', (errorClass, codes) => {
  test.each(codes)('%i', (code) => {
    // Whatever the HTTP status says: the code decides.
    for (const status of [400, 401, 403, 429, 500, 503])
      expect(errorClassOf({ code, status })).toBe(errorClass);
  });
});

test.each([500, 502, 503, 504, 429])('HTTP %i without a known code is tried again', (status) => {
  expect(errorClassOf({ code: null, status })).toBe('retry');
  expect(errorClassOf({ code: 999_999, status })).toBe('retry');
});

test.each([400, 403, 404])('HTTP %i without a known code is not', (status) => {
  expect(errorClassOf({ code: null, status })).toBe('fix');
  expect(errorClassOf({ code: 999_999, status })).toBe('fix');
});
