import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * The bearer token with which our services call each other (sync-server → analytics). Derived from the
 * installation's secret, so there is nothing more to configure, and one leak of it does not give the secret.
 */
export const internalToken = (secret: string): string =>
  bytesToHex(hmac(sha256, utf8ToBytes(secret), utf8ToBytes('recado internal service token v1')));

/** The sync-server has authenticated and authorised the person; the internal service scopes by these headers. */
export const internalHeaders = { tenant: 'x-recado-tenant', user: 'x-recado-user' } as const;
