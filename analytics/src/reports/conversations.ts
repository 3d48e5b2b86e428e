import { conversationsQuerySchema, type ReportConversation } from '@recado/domain/wire/api';
import { isoInstant } from '@recado/domain/time';
import { z } from 'zod';
import { reportSql } from './sql.ts';
import { filterParameters, type ReportScope } from './summary.ts';

export type ConversationsQuery = z.infer<typeof conversationsQuerySchema>;

interface ConversationRow {
  conversation_id: string;
  contact_name: string | null;
  number_id: string;
  queue_id: string | null;
  first_agent_id: string | null;
  first_message_at: string;
  frt_ms: number | null;
  tmo_ms: number | null;
  customer_wait_ms: number;
  service_level: 'met' | 'missed' | 'none';
  abandoned: boolean;
  transfers: number;
  closed_at: string | null;
  close_reason: string | null;
}

export interface Cursor {
  at: string;
  id: string;
}

/**
 * One page of the conversations behind a number. Pages go by first customer message and, where several came in
 * the same millisecond, by id: none is shown twice and none is left out while no facts change.
 */
export async function reportConversations(
  scope: ReportScope,
  query: ConversationsQuery,
  cursor: Cursor | null,
): Promise<{ items: ReportConversation[]; nextCursor: string | null }> {
  const rows = await scope.warehouse.query<ConversationRow>(reportSql.conversations, {
    ...filterParameters(scope, query),
    metric: query.metric,
    day: query.day ?? null,
    cursorAt: cursor ? databaseInstant(cursor.at) : null,
    cursorId: cursor?.id ?? '',
    rowLimit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    items: page.map(itemOf),
    nextCursor: more ? encodeCursor({ at: last.first_message_at, id: last.conversation_id }) : null,
  };
}

const itemOf = (row: ConversationRow): ReportConversation => ({
  conversationId: row.conversation_id,
  contactName: row.contact_name,
  numberId: row.number_id,
  queueId: row.queue_id,
  firstAgentId: row.first_agent_id,
  receivedAt: row.first_message_at,
  frtMs: row.frt_ms,
  tmoMs: row.tmo_ms,
  customerWaitMs: row.customer_wait_ms,
  sla: row.service_level,
  abandoned: row.abandoned,
  transfers: row.transfers,
  closedAt: row.closed_at,
  closeReason: row.close_reason,
});

/** As parameters are parsed: without T and Z. */
const databaseInstant = (iso: string): string => iso.replace('T', ' ').replace('Z', '');

const cursorSchema = z.tuple([isoInstant, z.string().min(1).max(400)]);

const encodeCursor = ({ at, id }: Cursor): string =>
  Buffer.from(JSON.stringify([at, id])).toString('base64url');

/** null when it is none of ours. */
export function decodeCursor(text: string): Cursor | null {
  try {
    const [at, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { at, id };
  } catch {
    return null;
  }
}
