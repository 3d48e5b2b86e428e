import { type ChainFault, findChainFault } from '@recado/domain/commit/chain';
import type { EventStore } from './event-store.ts';

export interface StreamProof {
  stream: string;
  /** How many commits were checked. */
  commits: number;
  /** The hash that vouches for the whole stream; null for an empty one. */
  hash: string | null;
  fault: ChainFault | null;
}

/** Checks that a stream is whole: every version there, every hash right, every commit in its place. */
export async function verifyStream(store: Pick<EventStore, 'read'>, stream: string): Promise<StreamProof> {
  const commits = await store.read(stream);
  const fault = findChainFault(stream, commits);
  return { stream, commits: commits.length, hash: commits.at(-1)?.hash ?? null, fault };
}

/** The proofs of all streams that start with `prefix`, in order. */
export async function* verifyStreams(
  store: Pick<EventStore, 'read' | 'streams'>,
  prefix = '',
): AsyncGenerator<StreamProof> {
  let after: string | undefined;
  for (;;) {
    const streams = await store.streams(prefix, { after, limit: 200 });
    for (const stream of streams) yield await verifyStream(store, stream);
    after = streams.at(-1);
    if (after === undefined) return;
  }
}
