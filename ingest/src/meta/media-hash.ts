/** SHA-256 as Meta writes it, base64 or hex, as hex; undefined when it is neither. */
export function mediaHash(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(value)) return undefined;
  return Buffer.from(value, 'base64').toString('hex');
}
