import { createHmac } from 'node:crypto';

/**
 * The bytes of a webhook body. Meta escapes every non-ASCII character (`ñ` is `\u00f1`, an emoji is two escapes) and
 * every slash (`\/`): the same JSON, other bytes, and the signature is over the bytes.
 */
export const wireJson = (value: unknown, options: { escapeUnicode: boolean; padToBytes: number }): Buffer => {
  const plain = JSON.stringify(value);
  const json = options.escapeUnicode ? escapeLikeMeta(plain) : plain;
  const missing = options.padToBytes - Buffer.byteLength(json);
  // Whitespace before the last brace: valid JSON of any size, whose content does not change.
  return Buffer.from(missing > 0 ? `${json.slice(0, -1)}${' '.repeat(missing)}}` : json);
};

const escapeLikeMeta = (json: string): string =>
  json
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The value of `X-Hub-Signature-256`. */
export const signatureOf = (appSecret: string, body: Buffer): string =>
  `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
