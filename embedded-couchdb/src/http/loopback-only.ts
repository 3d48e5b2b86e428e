import type { IncomingMessage } from 'node:http';
import { CouchError } from '../couch-error.ts';

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Listening on 127.0.0.1 keeps other machines out, but not web pages open in a browser on this one: a page may
 * post here from its own origin, or have its own name resolve to 127.0.0.1. Both show in headers that pages
 * cannot change, so such requests are refused.
 */
export function refuseForeignPages({ headers }: IncomingMessage): void {
  const host = hostOf(headers.host ?? '');
  if (!loopbackHosts.has(host))
    throw new CouchError(403, 'forbidden', 'Only requests to the loopback are served.');
  const { origin } = headers;
  if (origin !== undefined && !loopbackHosts.has(hostOf(origin.replace(/^https?:\/\//, '')))) {
    throw new CouchError(403, 'forbidden', 'Requests from web pages are not served.');
  }
}

const hostOf = (hostAndPort: string) => hostAndPort.replace(/:\d+$/, '').toLowerCase();
