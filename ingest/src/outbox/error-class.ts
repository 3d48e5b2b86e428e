/**
 * What an error of Meta asks for. The code decides; the HTTP status only where there is no code, or one that the
 * table does not know.
 */
export type ErrorClass =
  /** Back off and try again. */
  | 'retry'
  /** Too much to this one recipient: 4^n seconds, for it alone. */
  | 'pair_wait'
  /** This number must be quiet until a person looks. */
  | 'pause_number'
  /** Token, permission or payment: no number of the account can send. */
  | 'stop_account'
  /** This message will never go to this person. */
  | 'never'
  /** The message itself is wrong. */
  | 'fix'
  /** The file did not get through; worth one more attempt. */
  | 'retry_media_once';

const table: [ErrorClass, readonly (number | readonly [number, number])[]][] = [
  ['pair_wait', [131056]],
  ['retry', [4, 613, 80007, 130429, 131000, 131016, 131057, 133016]],
  ['pause_number', [368, 130497, 131031, 131048]],
  ['stop_account', [0, 3, 10, 190, [200, 299], 131042]],
  ['never', [130472, 131026, 131047, 131049, 131050, 131051]],
  ['retry_media_once', [131053]],
  ['fix', [100, 131008, 131009, 131062, [132000, 132999]]],
];

export function errorClassOf({ code, status }: { code: number | null; status: number }): ErrorClass {
  const found =
    code === null ? undefined : table.find(([, codes]) => codes.some((entry) => covers(entry, code)));
  if (found) return found[0];
  return status >= 500 || status === 429 ? 'retry' : 'fix';
}

const covers = (entry: number | readonly [number, number], code: number): boolean =>
  typeof entry === 'number' ? entry === code : code >= entry[0] && code <= entry[1];
