import Router from '@koa/router';
import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import { z } from 'zod';
import { FaultsPatch } from '../faults.ts';
import { CustomerPatch, isPhone } from '../phone/customers.ts';
import { InboundMessage } from '../phone/inbound-message.ts';
import type { PhoneMessage } from '../phone/phone-message.ts';
import type { PhoneEvent } from '../phone/phones.ts';
import type { Simulator } from '../simulator.ts';
import { parseJson, readBody } from './request-body.ts';

/** The strings of the puppets: what the phone page, tests and the benchmark use. No token: loopback and demo only. */

const maxBodyBytes = 24 * 1024 * 1024;
const keepAliveMs = 15_000;
const maxUnreadBytes = 4 * 1024 * 1024;

const LoadRequest = z
  .object({
    ratePerSecond: z.number().positive().max(2000).default(1),
    customers: z.int().min(1).max(100_000).default(20),
    thinkTimeMs: z.number().min(0).optional(),
    shareWhoLeave: z.number().min(0).max(1).optional(),
    sharePortuguese: z.number().min(0).max(1).optional(),
    readsAfterMs: z.number().min(0).nullable().optional(),
    phoneNumberId: z.string().optional(),
  })
  .strict();

/** RFC 9457, with a stable code. */
const problem = (ctx: Context, status: number, code: string, detail: string): void => {
  ctx.status = status;
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify({ status, code, detail });
};

/** Parses the body or answers with what is wrong about it. An empty body is an empty object. */
const bodyAs = async <Schema extends z.ZodType>(
  ctx: Context,
  schema: Schema,
): Promise<z.output<Schema> | undefined> => {
  const raw = await readBody(ctx, maxBodyBytes);
  if (!raw) return void problem(ctx, 413, 'too_large', `At most ${maxBodyBytes} bytes.`);
  const json = raw.length === 0 ? {} : parseJson(raw);
  if (json === undefined) return void problem(ctx, 400, 'not_json', 'The body is not valid JSON.');
  const parsed = schema.safeParse(json);
  if (!parsed.success) return void problem(ctx, 400, 'invalid', z.prettifyError(parsed.error));
  return parsed.data;
};

/** What the phone needs to know of a message; the rest is between the business and Meta. */
export const asShown = (message: PhoneMessage): Omit<PhoneMessage, 'opaque' | 'category'> => {
  const { opaque: _opaque, category: _category, ...shown } = message;
  return shown;
};

export const simulationRoutes = (simulator: Simulator): { router: Router; close: () => void } => {
  const router = new Router({ prefix: '/_sim' });
  const streams = new Set<PassThrough>();

  const knownNumber = (ctx: Context, phoneNumberId: string | undefined): boolean => {
    if (
      phoneNumberId === undefined ||
      simulator.numbers.some((number) => number.phoneNumberId === phoneNumberId)
    )
      return true;
    problem(ctx, 404, 'unknown_number', `No number with id ${phoneNumberId}.`);
    return false;
  };

  router.use(async (ctx, next) => {
    // Browsers name the page that calls: only our own may pull the strings.
    const origin = ctx.get('origin');
    if (origin !== '' && URL.parse(origin)?.host !== ctx.host) {
      return problem(ctx, 403, 'foreign_origin', 'Only the phone page itself may call this.');
    }
    await next();
  });

  router.param('phone', async (phone, ctx, next) => {
    if (!isPhone(phone)) return problem(ctx, 400, 'invalid_phone', 'A phone number has 5 to 20 digits.');
    await next();
  });

  const queryNumber = (ctx: Context): string | undefined => {
    const given = ctx.query.phoneNumberId;
    return typeof given === 'string' && given !== '' ? given : undefined;
  };

  router.get('/numbers', (ctx) => {
    ctx.body = simulator.numbers.map(({ phoneNumberId, displayPhone, verifiedName }) => ({
      phoneNumberId,
      displayPhone,
      verifiedName,
    }));
  });

  router.get('/customers', (ctx) => {
    const phoneNumberId = queryNumber(ctx);
    if (!knownNumber(ctx, phoneNumberId)) return;
    ctx.body = simulator.phones.customers().map((customer) => {
      const messages = simulator.messages(customer.phone, phoneNumberId);
      const last = messages.at(-1);
      return { ...customer, ...(last && { lastMessage: asShown(last) }) };
    });
  });

  router.put('/customers/:phone', async (ctx) => {
    const patch = await bodyAs(ctx, CustomerPatch.strict());
    if (patch) ctx.body = simulator.setCustomer(ctx.params.phone ?? '', patch);
  });

  router.get('/customers/:phone/messages', (ctx) => {
    const phoneNumberId = queryNumber(ctx);
    if (knownNumber(ctx, phoneNumberId))
      ctx.body = simulator.messages(ctx.params.phone ?? '', phoneNumberId).map(asShown);
  });

  router.post('/customers/:phone/messages', async (ctx) => {
    const message = await bodyAs(ctx, InboundMessage);
    if (!message || !knownNumber(ctx, message.phoneNumberId)) return;
    ctx.body = simulator.write(ctx.params.phone ?? '', message);
    ctx.status = 201;
  });

  router.post('/customers/:phone/read', async (ctx) => {
    const body = await bodyAs(ctx, z.object({ phoneNumberId: z.string().optional() }));
    if (!body || !knownNumber(ctx, body.phoneNumberId)) return;
    ctx.body = { read: simulator.read(ctx.params.phone ?? '', body.phoneNumberId) };
  });

  router.post('/customers/:phone/play', async (ctx) => {
    const body = await bodyAs(ctx, z.object({ messageId: z.string() }));
    if (!body) return;
    if (!simulator.play(body.messageId))
      return problem(ctx, 404, 'no_such_message', 'No message of the business has this id.');
    ctx.body = { played: body.messageId };
  });

  router.get('/media/:id', (ctx) => {
    const media = simulator.media.get(ctx.params.id ?? '');
    if (!media) return problem(ctx, 404, 'no_such_media', 'Unknown, expired, or from before a restart.');
    ctx.set('content-type', media.mimeType);
    // The page shows pictures and plays sound; nothing that was sent may run as a page of ours.
    ctx.set('content-security-policy', "default-src 'none'; sandbox");
    ctx.set('cache-control', 'private, max-age=86400');
    ctx.body = media.bytes;
  });

  router.get('/faults', (ctx) => {
    ctx.body = simulator.faults.all();
  });
  router.post('/faults', async (ctx) => {
    const patch = await bodyAs(ctx, FaultsPatch.extend({ phoneNumberId: z.string().optional() }));
    if (!patch) return;
    const { phoneNumberId, ...faults } = patch;
    if (!knownNumber(ctx, phoneNumberId)) return;
    simulator.setFaults(faults, phoneNumberId);
    ctx.body = simulator.faults.all();
  });
  router.delete('/faults', (ctx) => {
    simulator.clearFaults();
    ctx.body = simulator.faults.all();
  });

  router.post('/load', async (ctx) => {
    const request = await bodyAs(ctx, LoadRequest);
    if (!request || !knownNumber(ctx, request.phoneNumberId)) return;
    simulator.startLoad(request);
    ctx.body = simulator.stats().load;
  });
  router.delete('/load', (ctx) => {
    simulator.stopLoad();
    ctx.body = simulator.stats().load;
  });

  router.post('/verify', async (ctx) => {
    const body = await bodyAs(ctx, z.object({ verifyToken: z.string() }));
    if (!body) return;
    ctx.body = await simulator.verifyWebhook(body.verifyToken).catch((error: unknown) => ({
      verified: false,
      error: error instanceof Error ? error.message : String(error),
    }));
  });

  router.get('/stats', (ctx) => {
    ctx.body = simulator.stats();
  });

  router.get('/events', (ctx) => {
    const stream = new PassThrough();
    streams.add(stream);
    const write = (event: PhoneEvent) => {
      const data = event.type === 'message' ? { ...event, message: asShown(event.message) } : event;
      stream.write(`data: ${JSON.stringify(data)}\n\n`);
      // A page that no longer reads is let go: it comes back by itself and fetches what it missed.
      if (stream.writableLength > maxUnreadBytes) end();
    };
    const stopListening = simulator.listen(write);
    const beat = setInterval(() => stream.write(': still here\n\n'), keepAliveMs);
    const end = () => {
      clearInterval(beat);
      stopListening();
      streams.delete(stream);
      stream.end();
    };
    ctx.req.on('close', end);
    ctx.res.on('close', end);
    ctx.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    stream.write('retry: 1000\n\n');
    ctx.body = stream;
  });

  return { router, close: () => streams.forEach((stream) => stream.end()) };
};
