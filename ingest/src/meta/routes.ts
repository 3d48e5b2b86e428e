import Router from '@koa/router';
import type { Context } from 'koa';
import { answerProblem } from '../http/problem.ts';
import { readBody } from '../http/read-body.ts';
import type { WebhookAnswer, WebhookRequest } from '../receive/receive-webhook.ts';
import type { NumberDirectory } from '../settings/number-directory.ts';
import { challengeOf } from './signature.ts';

/** Meta sends at most 3 MB. */
export const webhookCapBytes = 4 * 1024 * 1024;

export interface MetaRoutesDeps {
  numbers: NumberDirectory;
  receive: (request: WebhookRequest) => Promise<WebhookAnswer>;
}

/** Public, without a session: who calls is proved by verify token and signature. */
export function createMetaRoutes({ numbers, receive }: MetaRoutesDeps): Router {
  const router = new Router();

  router.get(['/webhooks/meta', '/webhooks/meta/:numberId'], (ctx) => {
    const { numberId } = ctx.params;
    const candidates = numberId === undefined ? numbers.all() : numbers.byNumberId(numberId);
    const challenge = challengeOf(ctx.query, (token) =>
      candidates.some(({ verifyToken }) => verifyToken === token),
    );
    if (challenge === null) return answerProblem(ctx, 'verification_refused');
    // As text whatever it holds: an answer that echoes its question must never be taken for a page.
    ctx.type = 'text/plain';
    ctx.body = challenge;
  });

  router.post(['/webhooks/meta', '/webhooks/meta/:numberId'], async (ctx) => {
    const bytes = await bytesOf(ctx);
    if (bytes === null) return;
    const signature = ctx.get('x-hub-signature-256') || undefined;
    const answer = await receive({ bytes, signature, numberId: ctx.params['numberId'] });
    if (answer !== 'accepted') return answerProblem(ctx, answer);
    ctx.status = 200;
    ctx.body = '';
  });

  return router;
}

async function bytesOf(ctx: Context): Promise<Buffer | null> {
  try {
    const bytes = await readBody(ctx.req, webhookCapBytes);
    if (bytes === null) {
      // What was not read would be taken for the next request on this connection.
      ctx.set('connection', 'close');
      answerProblem(ctx, 'body_too_large', `at most ${webhookCapBytes} bytes`);
    }
    return bytes;
  } catch {
    answerProblem(ctx, 'body_incomplete');
    return null;
  }
}
