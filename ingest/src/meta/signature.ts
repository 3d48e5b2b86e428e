import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * `X-Hub-Signature-256: sha256=<hex HMAC-SHA256(app secret, raw bytes)>`. Over the bytes as they came: JSON that
 * was parsed and written again is other bytes.
 */
export function isSignedWith(secret: string, body: Uint8Array, header: string | undefined): boolean {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const expected = createHmac('sha256', secret).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(given, 'hex'));
}

/** Meta's handshake: the challenge to answer with, or null to refuse. */
export function challengeOf(
  query: Record<string, unknown>,
  isVerifyToken: (token: string) => boolean,
): string | null {
  const { 'hub.mode': mode, 'hub.challenge': challenge, 'hub.verify_token': token } = query;
  if (mode !== 'subscribe' || typeof challenge !== 'string' || typeof token !== 'string' || token === '')
    return null;
  return isVerifyToken(token) ? challenge : null;
}
