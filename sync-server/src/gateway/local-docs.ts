import { DocumentConflict } from '@recado/event-store/couch/faults';
import type { Context } from 'koa';
import { z } from 'zod';
import { problem } from '../http/problem.ts';
import { parseWith, readJson } from '../http/read-json.ts';
import type { GatewayRequest } from './gateway-request.ts';

const maxBytes = 64_000;
const localSchema = z.looseObject({ _rev: z.string().optional() });

/**
 * Replicators keep their checkpoints in `_local/<id>`. Those of a collection live in the person's mailbox under a
 * name that holds the collection, so that two collections never share one; a new epoch begins without any,
 * which makes a replicator begin anew, as it must.
 */
const storedId = ({ scope }: GatewayRequest, id: string): string => `_local/recado.${scope.name}.${id}`;

export async function readLocal(ctx: Context, request: GatewayRequest, id: string): Promise<void> {
  const { mailbox } = request;
  const stored = await mailbox.database.getOrNull<Record<string, unknown>>(storedId(request, id));
  if (!stored) throw problem('not_found');
  ctx.body = { ...stored, _id: `_local/${id}` };
}

export async function writeLocal(ctx: Context, request: GatewayRequest, id: string): Promise<void> {
  if (id.length > 500) throw problem('invalid_request', 'the id is too long');
  const body = parseWith(localSchema, await readJson(ctx, { maxBytes }));
  try {
    const rev = await request.mailbox.database.put({ ...body, _id: storedId(request, id) });
    ctx.status = 201;
    ctx.body = { ok: true, id: `_local/${id}`, rev };
  } catch (error) {
    if (!(error instanceof DocumentConflict)) throw error;
    ctx.status = 409;
    ctx.body = { error: 'conflict', reason: 'Document update conflict.' };
  }
}
