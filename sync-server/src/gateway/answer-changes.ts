import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import type { ChangesQuery } from './changes-query.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { MailboxFeeds, Watcher } from './mailbox-feed.ts';
import { type ChangeRow, type ChangesPage, readChanges, shownRow } from './read-changes.ts';

export interface AnswerChangesDeps {
  feeds: MailboxFeeds;
  logger: Logger;
}

/** `_changes`, normal, longpoll and continuous. */
export async function answerChanges(
  deps: AnswerChangesDeps,
  ctx: Context,
  request: GatewayRequest,
  query: ChangesQuery,
): Promise<void> {
  ctx.type = 'application/json';
  if (query.feed === 'normal') {
    ctx.body = JSON.stringify(await pageAfter(request, query, query.since));
    return;
  }
  const wait = startWaiting(deps, ctx, request, query);
  try {
    // The first read is made before the answer begins: what is wrong with the question gets its own status.
    await wait.watcher.started;
    const first = await waitingPage(request, query, wait, query.since);
    const out = new PassThrough();
    ctx.body = out;
    const answering =
      query.feed === 'longpoll'
        ? answerOnce(request, query, wait, first, out)
        : answerOnAndOn(request, query, wait, first, out);
    answering
      .catch((error: unknown) => {
        if (!wait.signal.aborted) deps.logger.warn({ err: error }, 'a waiting answer broke off');
        out.destroy();
      })
      .finally(wait.stop);
  } catch (error) {
    wait.stop();
    throw error;
  }
}

interface Wait {
  watcher: Watcher;
  /** Aborts when the answer is to end: time, session, epoch, or a client that has gone. */
  signal: AbortSignal;
  /** The first read is made: from here on its time runs, with heartbeats. A slow read is not a wait. */
  begin(out: PassThrough): void;
  stop(): void;
}

function startWaiting(
  deps: AnswerChangesDeps,
  ctx: Context,
  request: GatewayRequest,
  query: ChangesQuery,
): Wait {
  const watcher = deps.feeds.watch(request.mailbox.name, (id) => request.scope.includes(id));
  const gone = new AbortController();
  const leave = () => gone.abort();
  ctx.res.once('close', leave);
  let timer: NodeJS.Timeout | undefined;
  let beating: NodeJS.Timeout | undefined;
  const ends = [gone.signal, request.session.ended, request.mailbox.ended, watcher.ended];
  return {
    watcher,
    signal: AbortSignal.any(ends),
    begin(out) {
      timer = setTimeout(leave, query.timeoutMs);
      if (query.heartbeatMs !== null) beating = setInterval(() => out.write('\n'), query.heartbeatMs);
    },
    stop() {
      clearTimeout(timer);
      clearInterval(beating);
      ctx.res.off('close', leave);
      watcher.close();
    },
  };
}

const pageAfter = (
  request: GatewayRequest,
  query: ChangesQuery,
  since: string,
  signal?: AbortSignal,
): Promise<ChangesPage> =>
  readChanges({
    couch: request.couch,
    databaseName: request.mailbox.name,
    scope: request.scope,
    since,
    limit: query.limit,
    includeDocs: query.includeDocs,
    allLeaves: query.allLeaves,
    signal,
  });

/** What came after `since`: from the feed where it knows, else from the store. */
async function waitingPage(
  request: GatewayRequest,
  query: ChangesQuery,
  wait: Wait,
  since: string,
): Promise<ChangesPage> {
  const seen = wait.watcher.rowsAfter(since);
  if (!seen) return pageAfter(request, query, since, wait.signal);
  // As in a feed read from the store, a document stands where its latest change is, once.
  const latest = new Map<string, ChangeRow>();
  for (const row of seen.rows) {
    if (!request.scope.includes(row.id)) continue;
    latest.delete(row.id);
    latest.set(row.id, row);
  }
  if (latest.size > query.limit) return pageAfter(request, query, since, wait.signal);
  return { results: [...latest.values()].map((row) => shownRow(row, query)), last_seq: seen.lastSeq };
}

/** Longpoll: the first page that is not empty, or an empty one when the wait ends. */
async function answerOnce(
  request: GatewayRequest,
  query: ChangesQuery,
  wait: Wait,
  first: ChangesPage,
  out: PassThrough,
): Promise<void> {
  wait.begin(out);
  let page = first;
  while (page.results.length === 0 && !wait.signal.aborted) {
    await wait.watcher.changed(wait.signal);
    if (!wait.signal.aborted)
      page = await waitingPage(request, query, wait, String(page.last_seq)).catch(unlessOver(wait, page));
  }
  out.end(`${JSON.stringify(page)}\n`);
}

/** Continuous: a line for each change, until the wait ends or the limit is reached. */
async function answerOnAndOn(
  request: GatewayRequest,
  query: ChangesQuery,
  wait: Wait,
  first: ChangesPage,
  out: PassThrough,
): Promise<void> {
  wait.begin(out);
  let page = first;
  let left = query.limit;
  for (;;) {
    left -= page.results.length;
    await writeRows(out, page.results);
    if (left <= 0 || wait.signal.aborted) break;
    await wait.watcher.changed(wait.signal);
    if (wait.signal.aborted) break;
    page = await waitingPage(request, { ...query, limit: left }, wait, String(page.last_seq)).catch(
      unlessOver(wait, page),
    );
  }
  out.end(`${JSON.stringify({ last_seq: page.last_seq })}\n`);
}

/** A read that was cut by the end of the wait gives nothing new. */
const unlessOver =
  (wait: Wait, before: ChangesPage) =>
  (error: unknown): ChangesPage => {
    if (!wait.signal.aborted) throw error;
    return { results: [], last_seq: before.last_seq };
  };

async function writeRows(out: PassThrough, rows: readonly ChangeRow[]): Promise<void> {
  for (const row of rows) if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain');
}
