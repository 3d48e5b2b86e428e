import type { Context } from 'koa';
import { z } from 'zod';
import { parseWith, readJson } from '../http/read-json.ts';
import { conflictRow } from '../commands/push-row.ts';
import { bodyLimit, type GatewayRequest } from './gateway-request.ts';

const pushSchema = z.object({
  docs: z.array(z.looseObject({ _id: z.string().min(1).max(400) })).max(10_000),
  new_edits: z.boolean().default(true),
});

/** `_bulk_docs`: commands are taken and decided; everything else is refused as a conflict and changes nothing. */
export async function answerBulkDocs(ctx: Context, request: GatewayRequest): Promise<void> {
  const push = parseWith(pushSchema, await readJson(ctx, { maxBytes: bodyLimit })) as z.output<
    typeof pushSchema
  >;
  const { scope, tenant, session, mailbox } = request;
  ctx.status = 201;
  if (!scope.writable) {
    ctx.body = push.docs.map(({ _id }) => conflictRow(_id));
    return;
  }
  const rows = await tenant.commands.push({ person: session.person, mailbox, ...push });
  // Of replicated writes CouchDB tells only the failures.
  ctx.body = push.new_edits ? rows : rows.filter((row) => 'error' in row);
}
