import type { Person } from '@recado/domain/access/access';
import { instant } from '@recado/domain/time';
import { cmdDocId } from '@recado/domain/wire/documents';
import type { CouchConnection } from '@recado/event-store/couch/connect';
import type { Logger } from 'pino';
import { createTurns } from '../tenants/turns.ts';
import { conflictRow, type PushedDocument, type PushRow } from './push-row.ts';
import type { OpenMailbox } from '../mailbox/mailboxes.ts';
import {
  type CommandBox,
  type CommandRow,
  createCommandBox,
  type InsertedCommand,
  type StoredCommand,
} from './command-box.ts';
import { decide, type DecideDeps, type Verdict } from './decide.ts';
import { byTarget, isNext } from './decide-order.ts';
import { receiveCommand } from './received-command.ts';

/**
 * Commands of the devices: stored as pending, decided, answered.
 *
 *   push ─► store pending ─► decide in order ─► events durable ─► status written ─► answer
 *
 * A crash or a lost answer anywhere leaves a pending command, which the device's next push or `sweep` decides;
 * the stream's memory of command ids makes the second decision harmless. Pushes of one person wait for each
 * other, so that order is kept within the process; between processes the store's revisions decide.
 */
export interface Commands {
  push(request: PushRequest): Promise<PushRow[]>;
  /** Decides what was left pending in a mailbox. */
  sweep(person: Person, mailbox: OpenMailbox): Promise<void>;
}

export interface PushRequest {
  person: Person;
  mailbox: OpenMailbox;
  docs: PushedDocument[];
  /** False: written by a replicator, revisions included. */
  new_edits: boolean;
}

export function createCommands(deps: DecideDeps & { couch: CouchConnection; logger: Logger }): Commands {
  const { couch, logger, now } = deps;
  const inTurn = createTurns();
  /** Commands known to be undecided, by person: an earlier one has not arrived, or the store did not answer. */
  const waiting = new Map<string, Set<string>>();

  /** Decides what can be decided; commands that must wait stay pending and are remembered. */
  const decideAll = async (
    person: Person,
    box: CommandBox,
    pending: readonly StoredCommand[],
  ): Promise<void> => {
    const isSettled = await settledLookup(box, pending);
    const verdicts: { command: StoredCommand; verdict: Verdict; decidedAt: string }[] = [];
    const left = new Set(pending.map(({ id }) => id));
    waiting.set(person.userId, left);
    const groups = byTarget(pending.map((command) => ({ ...command, ...orderOf(command) })));
    const results = await Promise.allSettled(
      groups.map(async (group) => {
        for (const command of group) {
          if (!isNext(command, isSettled)) continue;
          const verdict = await decide(deps, person, command.id, command.body);
          verdicts.push({ command, verdict, decidedAt: instant(now()) });
          isSettled.add(command.deviceId, command.n);
        }
      }),
    );
    await box.settle(verdicts);
    for (const { command } of verdicts) left.delete(command.id);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };

  /** Waiting commands that may be decidable now. */
  const waitingOf = async (userId: string, box: CommandBox): Promise<StoredCommand[]> =>
    pendingIn(await box.rows([...(waiting.get(userId) ?? [])]));

  const push = async ({ person, mailbox, docs, new_edits: newEdits }: PushRequest): Promise<PushRow[]> => {
    const box = createCommandBox(couch, mailbox);
    const received = docs.map((doc) => ({ doc, ...receiveCommand(doc, instant(now())) }));
    const before = await box.rows(received.filter(isCommandId).map(({ doc }) => doc._id));
    const inserts = received.flatMap((entry): InsertedCommand[] => {
      if (!('store' in entry) || before.get(entry.doc._id) !== 'absent') return [];
      if (newEdits) return [{ id: entry.doc._id, body: entry.store }];
      const replicated = replicatedRevision(entry.doc);
      return replicated ? [{ id: entry.doc._id, body: entry.store, replicated }] : [];
    });
    const unique = [...new Map(inserts.map((insert) => [insert.id, insert])).values()];
    const { stored, taken } = await box.insert(unique);
    const buried = received.filter(
      (entry) => 'refuse' in entry && entry.bury && before.get(entry.doc._id) === 'absent',
    );
    await box.bury(buried.map(({ doc }) => doc._id));
    if (buried.length > 0)
      logger.warn({ userId: person.userId, count: buried.length }, 'malformed commands were refused');

    const found = pendingIn(before).concat(
      pendingIn(await box.rows(taken)),
      await waitingOf(person.userId, box),
    );
    const pending = [...stored.filter(({ body }) => body.status === 'pending'), ...found];
    await decideAll(person, box, uniqueById(pending));

    const storedRevs = new Map(stored.map(({ id, rev }) => [id, rev]));
    return docs.map(({ _id }) => {
      const rev = storedRevs.get(_id) ?? (newEdits ? undefined : revOf(before.get(_id)));
      storedRevs.delete(_id);
      return rev === undefined ? conflictRow(_id) : { ok: true, id: _id, rev };
    });
  };

  return {
    push: (request) => inTurn(request.person.userId, () => push(request)),
    sweep: (person, mailbox) =>
      inTurn(person.userId, async () => {
        const box = createCommandBox(couch, mailbox);
        const pending = await box.pending();
        if (pending.length > 0) await decideAll(person, box, pending);
      }),
  };
}

const isCommandId = (entry: object & { bury?: boolean }): boolean => 'store' in entry || entry.bury === true;

const orderOf = ({ body }: StoredCommand) => ({
  deviceId: body.deviceId,
  n: body.n,
  after: body.after,
  target: body.target,
});

const pendingIn = (rows: ReadonlyMap<string, CommandRow>): StoredCommand[] =>
  [...rows.values()].filter(
    (row): row is StoredCommand => typeof row === 'object' && row.body.status === 'pending',
  );

const uniqueById = (commands: readonly StoredCommand[]): StoredCommand[] => [
  ...new Map(commands.map((command) => [command.id, command])).values(),
];

const revOf = (row: CommandRow | undefined): string | undefined =>
  typeof row === 'object' ? row.rev : undefined;

/** A replicator may bring a command's first revision; later ones would be edits, and commands have none. */
function replicatedRevision(doc: PushedDocument): { _rev: string; _revisions?: unknown } | null {
  const rev = doc['_rev'];
  if (typeof rev !== 'string' || !/^1-[0-9a-f]{1,64}$/.test(rev)) return null;
  return { _rev: rev, _revisions: { start: 1, ids: [rev.slice(2)] } };
}

/** Which earlier commands are settled: decided or removed in the mailbox, or decided in this round. */
async function settledLookup(box: CommandBox, pending: readonly StoredCommand[]) {
  const named = pending.flatMap(({ body }) =>
    body.after === null ? [] : [cmdDocId(body.deviceId, body.after)],
  );
  const rows = await box.rows([...new Set(named)]);
  const settled = new Set<string>();
  for (const [id, row] of rows) {
    if (row === 'removed' || (typeof row === 'object' && row.body.status !== 'pending')) settled.add(id);
  }
  const lookup = (deviceId: string, n: number): boolean => settled.has(cmdDocId(deviceId, n));
  return Object.assign(lookup, {
    add: (deviceId: string, n: number) => void settled.add(cmdDocId(deviceId, n)),
  });
}
