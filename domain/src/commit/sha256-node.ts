// Chosen by package.json on Node alone: what runs in browsers never sees this file.
// eslint-disable-next-line no-restricted-imports
import { hash } from 'node:crypto';

/** `sha256.ts` for Node. A commit is hashed for every message that comes, so it counts. */
export const sha256Hex = (text: string): string => hash('sha256', text);
