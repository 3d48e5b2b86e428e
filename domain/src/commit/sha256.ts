import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * SHA-256 of a text's UTF-8, in hex: for browsers, whose own is asynchronous. Imported as `#sha256`, which on Node
 * is `sha256-node.ts`, the same several times faster; `package.json` chooses.
 */
export const sha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)));
