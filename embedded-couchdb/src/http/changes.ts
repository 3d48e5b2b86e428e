import type { Change } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import { scanChanges } from '../store/read-documents.ts';
import { readChangesQuestion } from './changes-question.ts';
import type { ChangesQuestion } from './changes-question.ts';
import { databaseOf } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { ClientGone, createJsonStream } from './json-stream.ts';
import type { JsonStream } from './json-stream.ts';
import { markOf } from './sequence.ts';
import { withMembers } from './with-members.ts';

const changesPerStep = 500;

/**
 * `GET` and `POST /{db}/_changes`: normal, longpoll and continuous.
 *
 * All three walk the same way: ask the database for what comes after `since`, write what passes the filter,
 * move `since` to where the answer reached. Only what they do at the end differs: stop, or wait for a commit.
 * Nothing is pushed to a feed, so nothing can be missed between reading and waiting.
 */
export async function changes(exchange: Exchange): Promise<void> {
  const database = databaseOf(exchange);
  const question = await readChangesQuestion(exchange, database);
  const writeRow = await rowWriter(database, question);
  const stream = createJsonStream(exchange.response);
  if (question.descending) return sendDescending(database, question, stream, writeRow);

  const feed: Feed = {
    database,
    question,
    stream,
    writeRow,
    since: question.since,
    sent: 0,
    end: feedEnd(exchange, database, question),
  };
  try {
    if (question.feed === 'continuous') await sendContinuous(feed);
    else await sendOnce(feed);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
  } finally {
    feed.end.release();
  }
}

type RowWriter = ((change: Change) => string) & { seq: (seq: number) => string };

interface Feed {
  database: Database;
  question: ChangesQuestion;
  stream: JsonStream;
  writeRow: RowWriter;
  since: number;
  sent: number;
  end: FeedEnd;
}

/** Reads one step, moves `since`, and returns the rows that pass. */
async function step(feed: Feed): Promise<string[]> {
  const { database, question } = feed;
  const room = question.passes ? changesPerStep : Math.min(changesPerStep, question.limit - feed.sent);
  const found = await database.changesAfter(feed.since, room);
  feed.since = found.upTo;
  const rows: string[] = [];
  for (const change of found.changes) {
    if (question.passes && !question.passes(change)) continue;
    rows.push(feed.writeRow(change));
    feed.sent += 1;
    if (feed.sent >= question.limit) {
      // The step may have read further than the limit lets us tell.
      feed.since = change.seq;
      break;
    }
  }
  return rows;
}

async function sendOnce(feed: Feed): Promise<void> {
  const { database, question, stream, end } = feed;
  const target = await database.updateSeq();
  stream.write('{"results":[\n');
  let separator = '';
  for (;;) {
    const rows = await step(feed);
    if (rows.length > 0) {
      stream.write(separator + rows.join(',\n'));
      separator = ',\n';
      await stream.flushIfLarge();
    }
    if (feed.sent >= question.limit) break;
    if (feed.since < target) continue;
    if (question.feed === 'normal' || feed.sent > 0) break;
    // The head goes out now: clients wait for it, and heartbeats follow it.
    await stream.flush();
    if (!(await end.waitForChange(feed.since))) break;
  }
  stream.end(`\n],\n${await lastLine(feed)}}\n`);
}

async function sendContinuous(feed: Feed): Promise<void> {
  const { question, stream, end } = feed;
  await stream.flush();
  while (feed.sent < question.limit) {
    const before = feed.since;
    const rows = await step(feed);
    if (rows.length > 0) {
      stream.write(`${rows.join('\n')}\n`);
      await stream.flush();
      end.restartTimeout();
    } else if (feed.since === before && !(await end.waitForChange(feed.since))) break;
  }
  stream.end(`{${await lastLine(feed)}}\n`);
}

async function lastLine({ database, since, writeRow }: Feed): Promise<string> {
  const pending = database.ended.aborted ? 0 : Math.max(0, (await database.updateSeq()) - since);
  return `"last_seq":"${writeRow.seq(since)}","pending":${pending}`;
}

/** What makes a waiting feed stop: its timeout, the client, the database's deletion, the server's stop. */
interface FeedEnd {
  /** False when the feed is to end instead. Throws ClientGone if nobody listens any more. */
  waitForChange(since: number): Promise<boolean>;
  restartTimeout(): void;
  release(): void;
}

function feedEnd({ response }: Exchange, database: Database, question: ChangesQuestion): FeedEnd {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  response.once('close', stop);
  database.ended.addEventListener('abort', stop);
  if (database.ended.aborted) stop();
  const timeout = question.heartbeat === undefined ? setTimeout(stop, question.timeout) : undefined;
  const heartbeat =
    question.heartbeat === undefined
      ? undefined
      : setInterval(() => response.write('\n'), question.heartbeat);
  return {
    async waitForChange(since) {
      try {
        await database.waitForChange(since, stopped.signal);
        return true;
      } catch (error) {
        if (!stopped.signal.aborted) throw error;
        if (response.destroyed) throw new ClientGone();
        return false;
      }
    },
    restartTimeout: () => timeout?.refresh(),
    release() {
      clearTimeout(timeout);
      clearInterval(heartbeat);
      response.off('close', stop);
      database.ended.removeEventListener('abort', stop);
    },
  };
}

async function sendDescending(
  database: Database,
  question: ChangesQuestion,
  stream: JsonStream,
  writeRow: RowWriter,
): Promise<void> {
  let sent = 0;
  let last = question.since;
  stream.write('{"results":[\n');
  await database.use(async ({ level }) => {
    for await (const group of scanChanges(level, { since: 0, descending: true }, changesPerStep)) {
      for (const change of group) {
        if (sent >= question.limit) return;
        if (question.passes && !question.passes(change)) continue;
        stream.write((sent > 0 ? ',\n' : '') + writeRow(change));
        sent += 1;
        last = change.seq;
      }
      await stream.flushIfLarge();
    }
  });
  stream.end(`\n],\n"last_seq":"${writeRow.seq(last)}","pending":0}\n`);
}

/** Rows are put together from JSON text: documents are never parsed on their way out. */
async function rowWriter(database: Database, question: ChangesQuestion): Promise<RowWriter> {
  const mark = markOf((await database.settings()).uuid);
  const seq = (number: number) => `${number}-${mark}`;
  const write = (change: Change): string => {
    const revs = question.allLeaves
      ? change.leaves.map((leaf) => `{"rev":"${leaf.rev}"}`).join(',')
      : `{"rev":"${change.winningRev}"}`;
    const deleted = change.deleted ? ',"deleted":true' : '';
    const doc = question.includeDocs ? `,"doc":${docOf(change, question.conflicts)}` : '';
    return `{"seq":"${seq(change.seq)}","id":${JSON.stringify(change.id)},"changes":[${revs}]${deleted}${doc}}`;
  };
  return Object.assign(write, { seq });
}

function docOf({ doc, leaves, winningRev }: Change, conflicts: boolean): string {
  if (!conflicts || leaves.length === 1) return doc;
  const others = leaves.filter((leaf) => !leaf.deleted && leaf.rev !== winningRev).map((leaf) => leaf.rev);
  return others.length > 0 ? withMembers(doc, { _conflicts: others }) : doc;
}
