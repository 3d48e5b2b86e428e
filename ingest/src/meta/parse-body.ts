/**
 * The bytes of a webhook as JSON that can be stored. `undefined` when they are none: then the text itself is kept.
 *
 * Two things are valid JSON and still cannot be stored: halves of surrogate pairs (CouchDB refuses them), which
 * are replaced by U+FFFD, and nesting so deep that writing it again exhausts the stack.
 */
export function parseBody(bytes: Buffer): unknown {
  if (nesting(bytes) > deepest) return undefined;
  const text = bytes.toString('utf8');
  try {
    const body: unknown = JSON.parse(text);
    return /\\u[dD][89a-fA-F]/.test(text) ? wellFormed(body) : body;
  } catch {
    return undefined;
  }
}

/** Meta's deepest payloads have about 15 levels. */
const deepest = 200;

const quote = 0x22;
const backslash = 0x5c;

/** Brackets open at once, outside strings. */
function nesting(bytes: Buffer): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inString) {
      if (byte === backslash) index++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x5b || byte === 0x7b) most = Math.max(most, ++depth);
    else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return most;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key.toWellFormed(), wellFormed(field)]),
  );
}

/** Bytes that are no JSON, for the store: as text where they are text, else in base64. */
export function storableBody(bytes: Buffer): { text: string } | { base64: string } {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? { text } : { base64: bytes.toString('base64') };
}
