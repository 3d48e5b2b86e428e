import Router from '@koa/router';
import { createHash, randomBytes } from 'node:crypto';
import type { Context, Next } from 'koa';
import { errorBody, invalidToken, metaError, unknownNode, type MetaError } from '../graph/errors.ts';
import { acceptUpload, linkLifeMs, uploadedLifeMs, type StoredMedia } from '../graph/media-store.ts';
import { NewTemplate } from '../graph/templates.ts';
import type { BusinessNumber } from '../numbers.ts';
import type { Simulator } from '../simulator.ts';
import { templateStatusChange } from '../webhook/payloads.ts';
import { parseJson, readBody } from './request-body.ts';

/** Meta's Graph API, as far as WhatsApp needs it. Any version prefix will do; the router sees paths without it. */

const maxJsonBytes = 1024 * 1024;
const maxUploadBytes = 101 * 1024 * 1024;
/** Templates are reviewed by people; these are quick. */
const reviewMs = 2000;

const refuse = (ctx: Context, error: MetaError): void => {
  const traceId = randomBytes(8).toString('base64url');
  ctx.status = error.httpStatus;
  ctx.set('x-fb-trace-id', traceId);
  // A call refused for its token says so in the header too.
  if (error.httpStatus === 401)
    ctx.set('www-authenticate', `OAuth "Facebook Platform" "invalid_token" "${error.title}"`);
  if (error.byProxy) {
    ctx.type = 'text/html';
    ctx.body = `<html><head><title>${error.httpStatus}</title></head><body>Sorry, something went wrong.</body></html>`;
    return;
  }
  ctx.body = errorBody(error, traceId);
};

/** Numbers that the Bearer token opens. */
const numbersOf = (ctx: Context, simulator: Simulator): BusinessNumber[] => {
  const token = /^(?:Bearer|OAuth) (.+)$/i.exec(ctx.get('authorization'))?.[1];
  return simulator.numbers.filter((number) => number.accessToken === token);
};

/** Changes with the expiry, so that nobody can live on an old link. */
const linkHash = (media: StoredMedia, expires: number): string =>
  createHash('sha256').update(`${media.id} ${media.sha256} ${expires}`).digest('hex').slice(0, 32);

export const graphRoutes = (simulator: Simulator): Router => {
  const router = new Router();
  const { clock, media, templates } = simulator;

  const authorised = async (ctx: Context, next: Next) => {
    if (numbersOf(ctx, simulator).length === 0) return refuse(ctx, invalidToken());
    await next();
  };
  router.use(authorised);

  const ownNumber = (ctx: Context, id: string) =>
    numbersOf(ctx, simulator).find((number) => number.phoneNumberId === id);
  const ownAccount = (ctx: Context, id: string) =>
    numbersOf(ctx, simulator).find((number) => number.wabaId === id);

  router.post('/:phoneNumberId/messages', async (ctx) => {
    const number = ownNumber(ctx, ctx.params.phoneNumberId ?? '');
    if (!number) return refuse(ctx, unknownNode(ctx.params.phoneNumberId ?? '', 'post'));
    const raw = await readBody(ctx, maxJsonBytes);
    if (!raw) return refuse(ctx, metaError(100, 'The request body is too large.'));
    const body = parseJson(raw);
    if (body === undefined) return refuse(ctx, metaError(100, 'The request body is not valid JSON.'));
    const answer = await simulator.send(number, body);
    if ('refused' in answer) return refuse(ctx, answer.refused);
    if ('lost' in answer) {
      ctx.respond = false;
      ctx.req.socket.destroy();
      return;
    }
    ctx.body = answer.body;
  });

  router.post('/:phoneNumberId/media', async (ctx) => {
    const number = ownNumber(ctx, ctx.params.phoneNumberId ?? '');
    if (!number) return refuse(ctx, unknownNode(ctx.params.phoneNumberId ?? '', 'post'));
    const raw = await readBody(ctx, maxUploadBytes);
    if (!raw) return refuse(ctx, metaError(131053, 'The file is too large.'));
    const form = await new Response(new Uint8Array(raw), {
      headers: { 'content-type': ctx.get('content-type') },
    })
      .formData()
      .catch(() => undefined);
    if (form?.get('messaging_product') !== 'whatsapp') {
      return refuse(ctx, metaError(100, 'The parameter messaging_product is required.'));
    }
    const file = form.get('file');
    if (!(file instanceof File)) return refuse(ctx, metaError(100, 'The parameter file is required.'));
    const declared = form.get('type');
    const mimeType = typeof declared === 'string' && declared.includes('/') ? declared : file.type;
    const accepted = acceptUpload(mimeType, file.size);
    if ('refused' in accepted) return refuse(ctx, metaError(100, accepted.refused));
    const bytes = Buffer.from(await file.arrayBuffer());
    ctx.body = { id: media.put({ mimeType, bytes, filename: file.name, lifeMs: uploadedLifeMs }).id };
  });

  router.get('/whatsapp_business/attachments/', (ctx) => {
    const id = String(ctx.query.mid ?? '');
    const expires = Number(ctx.query.ext);
    const stored = media.get(id);
    if (!stored || !(expires * 1000 > clock.now()) || ctx.query.hash !== linkHash(stored, expires)) {
      ctx.status = 404;
      ctx.body = '';
      return;
    }
    ctx.set('content-type', stored.mimeType);
    ctx.set('content-disposition', `attachment;filename=${encodeURIComponent(stored.filename ?? stored.id)}`);
    ctx.body = stored.bytes;
  });

  router.get('/:wabaId/message_templates', (ctx) => {
    const account = ownAccount(ctx, ctx.params.wabaId ?? '');
    if (!account) return refuse(ctx, unknownNode(ctx.params.wabaId ?? '', 'get'));
    const wanted = ctx.query.name;
    const data = templates
      .list(account.wabaId)
      .filter((template) => wanted === undefined || template.name === wanted);
    ctx.body = { data, paging: { cursors: { before: 'MAZDZD', after: 'MjQZD' } } };
  });

  router.post('/:wabaId/message_templates', async (ctx) => {
    const account = ownAccount(ctx, ctx.params.wabaId ?? '');
    if (!account) return refuse(ctx, unknownNode(ctx.params.wabaId ?? '', 'post'));
    const parsed = NewTemplate.safeParse(parseJson((await readBody(ctx, maxJsonBytes)) ?? Buffer.alloc(0)));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return refuse(ctx, metaError(100, `Param ${issue?.path.join('.') || 'body'}: ${issue?.message}`));
    }
    const added = templates.add(account.wabaId, parsed.data);
    if ('refused' in added) return refuse(ctx, added.refused);
    clock.after(reviewMs, () => {
      const approved = templates.setStatus(account.wabaId, added.id, 'APPROVED');
      if (approved) simulator.sendChange(templateStatusChange(approved), account.phoneNumberId);
    });
    ctx.body = { id: added.id, status: added.status, category: added.category };
  });

  router.get('/:id', (ctx) => {
    const id = ctx.params.id ?? '';
    const number = ownNumber(ctx, id);
    if (number) {
      ctx.body = {
        verified_name: number.verifiedName ?? 'Recado',
        display_phone_number: number.displayPhone,
        quality_rating: 'GREEN',
        platform_type: 'CLOUD_API',
        throughput: { level: 'STANDARD' },
        id,
      };
      return;
    }
    const stored = media.get(id);
    if (!stored) return refuse(ctx, unknownNode(id, 'get'));
    const expires = Math.floor((clock.now() + linkLifeMs) / 1000);
    ctx.body = {
      messaging_product: 'whatsapp',
      url: `${ctx.protocol}://${ctx.host}/whatsapp_business/attachments/?mid=${id}&ext=${expires}&hash=${linkHash(stored, expires)}`,
      mime_type: stored.mimeType,
      sha256: stored.sha256,
      file_size: stored.bytes.length,
      id,
    };
  });

  router.delete('/:id', (ctx) => {
    const id = ctx.params.id ?? '';
    if (!media.forget(id)) return refuse(ctx, unknownNode(id, 'delete'));
    ctx.body = { success: true };
  });

  router.all('/{*path}', (ctx) => refuse(ctx, unknownNode(ctx.path.split('/')[1] ?? '', ctx.method)));

  return router;
};
