import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Logger } from 'pino';
import type { ChangesQuery } from './changes-query.ts';
import type { GatewayRequest } from './gateway.ts';
import type { MailboxFeeds, Watcher } from './mailbox-feed.ts';
import { type ChangeRow, type ChangesPage, readChanges } from './read-changes.ts';

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
    const { since } = query;
    const first = wait.watcher.isAt(since)
      ? { results: [], last_seq: since }
      : await pageAfter(request, query, since, wait.signal);
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
  beat(out: PassThrough): void;
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
  const timer = setTimeout(leave, query.timeoutMs);
  let beating: NodeJS.Timeout | undefined;
  const ends = [gone.signal, request.session.ended, request.mailbox.ended, watcher.ended];
  return {
    watcher,
    signal: AbortSignal.any(ends),
    beat(out) {
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

/** Longpoll: the first page that is not empty, or an empty one when the wait ends. */
async function answerOnce(
  request: GatewayRequest,
  query: ChangesQuery,
  wait: Wait,
  first: ChangesPage,
  out: PassThrough,
): Promise<void> {
  wait.beat(out);
  let page = first;
  while (page.results.length === 0 && !wait.signal.aborted) {
    await wait.watcher.changed(wait.signal);
    if (!wait.signal.aborted)
      page = await pageAfter(request, query, String(page.last_seq), wait.signal).catch(
        unlessOver(wait, page),
      );
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
  wait.beat(out);
  let page = first;
  let left = query.limit;
  for (;;) {
    left -= page.results.length;
    await writeRows(out, page.results);
    if (left <= 0 || wait.signal.aborted) break;
    await wait.watcher.changed(wait.signal);
    if (wait.signal.aborted) break;
    page = await pageAfter(request, { ...query, limit: left }, String(page.last_seq), wait.signal).catch(
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
