import { assert } from '@recado/domain/must';
import type { CouchDatabase } from '@recado/event-store/couch/database';
import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';

/** A document of a mailbox without its id. */
export type MailboxBody = Record<string, unknown> & { version?: number };

/** A part of a mailbox that is written together: one conversation, the reference data, the board. */
export interface Section {
  name: string;
  /** The ids that belong to it, as ranges of bytes [from, to). */
  ranges: readonly { from: string; to: string }[];
  /** What is to be there: by id. Everything else of the section is removed. */
  documents: ReadonlyMap<string, MailboxBody>;
}

/**
 * Makes sections of a mailbox be what they should, writing only what differs.
 *
 * - What is stored is remembered with its revision, so an unchanged document costs no request.
 * - The document's `version` never goes back: a late writer leaves a newer document alone. It is no difference by
 *   itself, or every event of a conversation would rewrite all its messages.
 * - A conflict means that somebody else wrote: what is remembered is thrown away and the section compared anew.
 */
export interface MailboxWriter {
  /** @returns how many documents were written or removed. One request writes all sections. */
  write(database: CouchDatabase, sections: readonly Section[]): Promise<number>;
}

interface Known {
  rev: string;
  /** Of the content; the content itself would weigh too much. */
  digest: string;
  version: number;
}
type KnownSection = Map<string, Known>;

export interface MailboxWriterDeps {
  remembered?: number;
  /** Done with what is about to be written, before any device can read it. */
  before?: (bodies: readonly MailboxBody[]) => Promise<void>;
}

export function createMailboxWriter({ remembered = 3_000, before }: MailboxWriterDeps = {}): MailboxWriter {
  const cache = new LRUCache<string, KnownSection>({ max: remembered });

  const knownOf = async (database: CouchDatabase, section: Section): Promise<KnownSection> => {
    const key = cacheKey(database, section);
    const cached = cache.get(key);
    if (cached) return cached;
    const known: KnownSection = new Map();
    for (const { from, to } of section.ranges) {
      for (const { _id, _rev, ...body } of await database.allDocs<MailboxBody>({
        startKey: from,
        endKey: to,
      })) {
        if (_id < to) known.set(_id, { rev: _rev, digest: digestOf(body), version: versionOf(body) });
      }
    }
    cache.set(key, known);
    return known;
  };

  return {
    async write(database, sections) {
      let left = sections;
      let written = 0;
      for (let attempt = 0; left.length > 0; attempt++) {
        assert(attempt < 10, 'a section can be written in the end');
        const changes = (
          await Promise.all(
            left.map(async (section) => {
              const known = await knownOf(database, section);
              return differences(section, known).map((change) => ({ ...change, section, known }));
            }),
          )
        ).flat();
        if (changes.length === 0) break;
        await before?.(changes.flatMap(({ body }) => (body ? [body] : [])));
        const rows = await database.bulk(changes.map(({ document }) => document));
        const conflicted = new Set<Section>();
        changes.forEach(({ id, body, known, section }, index) => {
          const rev = rows[index]?.rev;
          if (rev === undefined) {
            conflicted.add(section);
            return;
          }
          written++;
          if (body) known.set(id, { rev, digest: digestOf(body), version: versionOf(body) });
          else known.delete(id);
        });
        for (const section of conflicted) cache.delete(cacheKey(database, section));
        left = [...conflicted];
      }
      return written;
    },
  };
}

const cacheKey = (database: CouchDatabase, section: Section): string => `${database.name}|${section.name}`;
const versionOf = (body: MailboxBody): number => body.version ?? 0;
const digestOf = ({ version: _version, ...content }: MailboxBody): string =>
  createHash('sha1').update(JSON.stringify(content)).digest('base64');

function differences({ documents }: Section, known: KnownSection) {
  const changes: {
    id: string;
    body: MailboxBody | null;
    document: { _id: string; _rev?: string; _deleted?: boolean };
  }[] = [];
  for (const [id, body] of documents) {
    const stored = known.get(id);
    if (stored && (stored.version > versionOf(body) || stored.digest === digestOf(body))) continue;
    changes.push({ id, body, document: { ...body, _id: id, ...(stored ? { _rev: stored.rev } : {}) } });
  }
  for (const [id, { rev }] of known) {
    if (!documents.has(id))
      changes.push({ id, body: null, document: { _id: id, _rev: rev, _deleted: true } });
  }
  return changes;
}
