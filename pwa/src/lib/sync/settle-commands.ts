import type { CmdDoc } from '@recado/domain/wire/documents';
import type { Connection } from './connection.ts';
import type { LocalDatabase } from './database.ts';

/** Time between two looks, ms. A command that waited at two of them is asked for. */
const everyMs = 5_000;
const atOnce = 100;

export interface SettleDeps {
  database: LocalDatabase;
  connection: Connection;
  /** Of `_all_docs` of the commands. */
  address: string;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when this tab is the one that replicates for all. */
  leading: Promise<unknown>;
}

/**
 * Asks for what the server decided of commands that go on waiting. RxDB can miss a decision: one that is pulled
 * while the command's push has not been noted as done is taken for news by neither of its two directions, and the
 * command would wait on this device for ever. Ends with the connection; only the tab that replicates asks.
 */
export async function settleCommands({
  database,
  connection,
  address,
  wait,
  leading,
}: SettleDeps): Promise<void> {
  const ended = new Promise<void>((resolve) =>
    connection.ended.addEventListener('abort', () => resolve(), { once: true }),
  );
  await Promise.race([leading, ended]);
  let waitedBefore = new Set<string>();
  while (!connection.ended.aborted) {
    await wait(everyMs, connection.ended);
    // In trouble, the lane belongs to the push that is waiting to be made again.
    if (connection.ended.aborted || connection.inTrouble()) continue;
    // What fails is tried again at the next look.
    await look().catch(() => undefined);
  }

  async function look(): Promise<void> {
    const waiting = await database.cmd
      .find({ selector: { status: 'pending' }, sort: [{ n: 'asc' }], limit: atOnce })
      .exec();
    const late = waiting.filter(({ id }) => waitedBefore.has(id));
    waitedBefore = new Set(waiting.map(({ id }) => id));
    if (late.length === 0) return;
    const documents = await ask(late.map(({ id }) => id));
    for (const command of late) {
      const document = documents.get(command.id);
      if (document && document.status !== 'pending') await command.incrementalPatch(decisionOf(document));
    }
  }

  async function ask(keys: string[]): Promise<Map<string, CmdDoc>> {
    const { rows } = (await connection.request('work', address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys, include_docs: true }),
    })) as { rows: Array<{ key: string; doc?: CmdDoc | null }> };
    return new Map(rows.flatMap(({ key, doc }) => (doc ? [[key, doc]] : [])));
  }
}

/** Without what the decision leaves out: a local field that is undefined would differ from the server's document. */
const decisionOf = ({ status, code, detail, decidedAt }: CmdDoc): Partial<CmdDoc> => ({
  status,
  ...(code === undefined ? {} : { code }),
  ...(detail === undefined ? {} : { detail }),
  ...(decidedAt === undefined ? {} : { decidedAt }),
});
