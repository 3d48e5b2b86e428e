import { sha256Hex } from '#sha256';
import canonicalize from 'canonicalize';
import { assert, must } from '../must.ts';
import type { Commit, EventEnvelope } from './commit.ts';
import { commitId } from './stream-id.ts';

export { sha256Hex };

/**
 * The chain that makes history provable. Each commit carries the hash of the one before it in its stream, so
 * changing, removing, reordering or moving a commit breaks every later hash.
 *
 *   v1 ──prev=000…──► hash₁   v2 ──prev=hash₁──► hash₂   v3 ──prev=hash₂──► …
 */
export const genesis = '0'.repeat(64);

/** Canonical JSON, RFC 8785: the same value gives the same bytes on every machine. */
export const canonicalJson = (value: unknown): string =>
  must(canonicalize(value), 'a value that JSON can hold');

export function hashCommit(commit: Omit<Commit, 'hash'>): string {
  const { _id, stream, version, at, actor, cause, events, prev } = commit;
  return sha256Hex(canonicalJson({ _id, stream, version, at, actor, cause, events, prev }));
}

/** The last known point of a stream: what the next commit must follow. */
export interface Head {
  version: number;
  hash: string;
}
export const emptyHead: Head = { version: 0, hash: genesis };

export interface Draft<Event extends EventEnvelope = EventEnvelope> {
  stream: string;
  head: Head;
  at: string;
  actor: Commit['actor'];
  cause: Commit['cause'];
  events: Event[];
}

/** Seals a draft into the commit that follows its head. */
export function seal<Event extends EventEnvelope>(draft: Draft<Event>): Commit<Event> {
  assert(draft.events.length > 0, 'a commit holds at least one event');
  const version = draft.head.version + 1;
  const { stream, at, actor, cause } = draft;
  const events = storable(draft.events);
  const unhashed = {
    _id: commitId(stream, version),
    stream,
    version,
    at,
    actor,
    cause,
    events,
    prev: draft.head.hash,
  };
  return { ...unhashed, hash: hashCommit(unhashed) };
}

/**
 * The events as the store will give them back: what JSON does not keep (undefined) is gone, and half an emoji (a
 * lone surrogate, as a cut-off name can hold) has become the replacement character, because UTF-8 cannot carry it.
 */
function storable<Event>(events: Event[]): Event[] {
  const text = JSON.stringify(events);
  if (!/\\ud[89a-f]/.test(text)) return JSON.parse(text) as Event[];
  const wellFormed = (_key: string, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value;
  return JSON.parse(JSON.stringify(events, wellFormed)) as Event[];
}

export type ChainFault = { version: number; fault: 'missing' | 'altered' | 'unlinked' | 'misplaced' };

/**
 * Checks a whole stream, given in order of version from 1.
 * `missing`: a version is absent; `altered`: a commit's content does not give its hash; `unlinked`: `prev` is
 * not the hash before; `misplaced`: the commit belongs to another stream or its id does not say its place.
 */
export function findChainFault(stream: string, commits: readonly Commit[]): ChainFault | null {
  let head = emptyHead;
  for (const commit of commits) {
    const version = head.version + 1;
    if (commit.version !== version) return { version, fault: 'missing' };
    if (commit.stream !== stream || commit._id !== commitId(stream, version))
      return { version, fault: 'misplaced' };
    if (commit.prev !== head.hash) return { version, fault: 'unlinked' };
    if (hashCommit(commit) !== commit.hash) return { version, fault: 'altered' };
    head = { version, hash: commit.hash };
  }
  return null;
}
