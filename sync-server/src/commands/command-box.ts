import { assert } from '@recado/domain/must';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { OpenMailbox } from '../mailbox/mailboxes.ts';
import type { CommandBody } from './received-command.ts';
import type { Verdict } from './decide.ts';

/** A command in a mailbox. */
export interface StoredCommand {
  id: string;
  rev: string;
  body: CommandBody;
}

/** What is stored under a command's id. `removed`: it was there, was decided, and has been cleared away. */
export type CommandRow = StoredCommand | 'removed' | 'absent';

type CommandDocument = CommandBody & { _id: string; _rev: string };

/** The commands of one mailbox as they are stored. */
export interface CommandBox {
  rows(ids: readonly string[]): Promise<Map<string, CommandRow>>;
  pending(): Promise<StoredCommand[]>;
  /** Writes new commands; those that somebody else wrote at the same moment come back as `taken`. */
  insert(commands: readonly InsertedCommand[]): Promise<{ stored: StoredCommand[]; taken: string[] }>;
  /** Marks ids as settled without a command behind them. */
  bury(ids: readonly string[]): Promise<void>;
  /** Writes verdicts over pending commands. One that is no longer pending keeps its first verdict. */
  settle(verdicts: readonly { command: StoredCommand; verdict: Verdict; decidedAt: string }[]): Promise<void>;
}

export interface InsertedCommand {
  id: string;
  body: CommandBody;
  /** The revision that a replicator brings along; absent: the store makes one. */
  replicated?: { _rev: string; _revisions?: unknown };
}

export function createCommandBox(couch: CouchConnection, mailbox: OpenMailbox): CommandBox {
  const { database, name } = mailbox;

  const rows: CommandBox['rows'] = async (ids) => {
    if (ids.length === 0) return new Map();
    const { rows: found } = await couch.call<{
      rows: { key: string; value?: { rev: string }; doc?: CommandDocument | null }[];
    }>({
      method: 'POST',
      path: `${encodeURIComponent(name)}/_all_docs`,
      query: { include_docs: true },
      body: { keys: ids },
    });
    return new Map(
      found.map(({ key, value, doc }): [string, CommandRow] => {
        if (doc) return [key, storedCommand(doc)];
        return [key, value ? 'removed' : 'absent'];
      }),
    );
  };

  const settle: CommandBox['settle'] = async (verdicts) => {
    let left = verdicts;
    for (let attempt = 0; left.length > 0; attempt++) {
      assert(attempt < 10, 'verdicts can be written in the end');
      const written = await database.bulk(
        left.map(({ command, verdict, decidedAt }) => ({
          ...command.body,
          ...verdict,
          decidedAt,
          _id: command.id,
          _rev: command.rev,
        })),
      );
      const conflicted = new Set(written.filter((row) => row.error !== undefined).map((row) => row.id));
      const retried = left.filter(({ command }) => conflicted.has(command.id));
      const now = await rows(retried.map(({ command }) => command.id));
      left = retried.flatMap((entry) => {
        const stored = now.get(entry.command.id);
        const stillPending = typeof stored === 'object' && stored.body.status === 'pending';
        return stillPending ? [{ ...entry, command: stored }] : [];
      });
    }
  };

  return {
    rows,
    settle,
    async pending() {
      const docs = await database.allDocs<CommandDocument>({ startKey: 'cmd.', endKey: 'cmd/' });
      return docs.map(storedCommand).filter((command) => command.body.status === 'pending');
    },
    async insert(commands) {
      const fresh = commands.filter((command) => !command.replicated);
      const replicated = commands.filter((command) => command.replicated);
      const stored: StoredCommand[] = [];
      const taken: string[] = [];
      const written =
        fresh.length === 0 ? [] : await database.bulk(fresh.map(({ id, body }) => ({ ...body, _id: id })));
      written.forEach((row, index) => {
        const command = fresh[index];
        if (!command) return;
        if (row.rev === undefined) taken.push(row.id);
        else stored.push({ id: command.id, rev: row.rev, body: command.body });
      });
      if (replicated.length > 0) {
        const docs = replicated.map(({ id, body, replicated: own }) => ({ ...body, ...own, _id: id }));
        await database.bulk(docs, { newEdits: false });
        for (const doc of docs)
          if (doc._rev) stored.push({ id: doc._id, rev: doc._rev, body: bodyOf(doc as CommandDocument) });
      }
      return { stored, taken };
    },
    async bury(ids) {
      if (ids.length > 0) await database.bulk(ids.map((id) => ({ _id: id, _deleted: true })));
    },
  };
}

const storedCommand = (doc: CommandDocument): StoredCommand => ({
  id: doc._id,
  rev: doc._rev,
  body: bodyOf(doc),
});

const bodyOf = (doc: CommandDocument): CommandBody =>
  Object.fromEntries(Object.entries(doc).filter(([field]) => !field.startsWith('_'))) as CommandBody;
