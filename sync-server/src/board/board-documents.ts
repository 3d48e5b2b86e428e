import { may } from '@recado/domain/access/access';
import type { ConversationFact } from '@recado/domain/metrics/conversation-fact';
import { measureConversation } from '@recado/domain/metrics/conversation-measures';
import type { TenantSettings } from '@recado/domain/settings/settings';
import { earliest, ms } from '@recado/domain/time';
import { emptyBoardRow, type BoardRow } from '@recado/domain/wire/board-row';
import { boardDocId } from '@recado/domain/wire/documents';
import { personOf, type User } from '../accounts/account.ts';
import { offline, type RosterState } from '../tenants/roster.ts';
import type { BoardState } from './board-state.ts';

/** The board's rows by document id: the whole, each queue, each agent. Pure. */
export function boardDocuments(
  { facts }: BoardState,
  { settings, agents }: RosterState,
  { users, now }: { users: readonly User[]; now: number },
): Map<string, BoardRow> {
  const dayOf = dayIn(settings.routing.timeZone);
  const today = dayOf(now);
  const summary = emptyBoardRow('summary', 'all', '');
  const queues = new Map(
    Object.values(settings.queues).map((queue) => [
      queue.queueId,
      emptyBoardRow('queue', queue.queueId, queue.name),
    ]),
  );
  const people = new Map(
    users
      .filter((user) => !user.disabled && may(personOf(user), 'attend'))
      .map((user) => {
        const { status, since } = agents[user.userId] ?? offline;
        const { capacity } = settings.routing;
        return [
          user.userId,
          { ...emptyBoardRow('agent', user.userId, user.name), status, statusSince: since, capacity },
        ];
      }),
  );

  for (const { fact, partial } of Object.values(facts)) {
    const queue = fact.queueId === null ? undefined : queues.get(fact.queueId);
    countOpen(fact, [summary, queue, fact.agentId === null ? undefined : people.get(fact.agentId)]);
    if (partial || fact.receivedAt === null || dayOf(ms(fact.receivedAt)) !== today) continue;
    const answered = fact.firstReply ? people.get(fact.firstReply.agentId) : undefined;
    const firstQueue = fact.firstReply?.queueId ?? fact.queueId;
    countToday(fact, settings, [summary, firstQueue === null ? undefined : queues.get(firstQueue), answered]);
  }
  const rows = [summary, ...queues.values(), ...people.values()];
  return new Map(rows.map((body) => [boardDocId(body.kind, body.key), body]));
}

type Rows = readonly (BoardRow | undefined)[];

function countOpen(fact: ConversationFact, rows: Rows): void {
  for (const body of rows) {
    if (!body) continue;
    if (fact.phase === 'assigned') body.active++;
    if (fact.phase !== 'queued') continue;
    body.waiting++;
    const since = fact.waitingSince ?? fact.queueStays.at(-1)?.from;
    if (since !== undefined) body.oldestWaitingSince = earliest(body.oldestWaitingSince, since);
  }
}

function countToday(fact: ConversationFact, settings: TenantSettings, rows: Rows): void {
  const queueId = fact.firstReply?.queueId ?? fact.queueId;
  const slaMs = (queueId === null ? undefined : settings.queues[queueId]?.slaMs) ?? null;
  const { received, attended, abandoned, sla } = measureConversation(fact, { slaMs });
  for (const body of rows) {
    if (!body) continue;
    if (received) body.receivedToday++;
    if (attended) body.attendedToday++;
    if (abandoned) body.abandonedToday++;
    if (sla === 'met') body.slaMetToday++;
    if (sla !== 'none') body.slaOfToday++;
  }
}

/** The calendar day of an instant in a time zone, as text. */
function dayIn(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (at) => format.format(at);
}
