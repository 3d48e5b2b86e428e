import type { Context } from 'koa';
import type { ZodType } from 'zod';
import { HttpProblem, problem } from './problem.ts';

/** Reads a JSON body of at most `maxBytes`. @throws HttpProblem too_large (413), invalid_json (400). */
export async function readJson(ctx: Context, { maxBytes }: { maxBytes: number }): Promise<unknown> {
  const announced = Number(ctx.get('content-length') || 0);
  if (announced > maxBytes) throw problem('too_large', `at most ${maxBytes} bytes`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of ctx.req) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > maxBytes) throw problem('too_large', `at most ${maxBytes} bytes`);
    chunks.push(buffer);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw problem('invalid_json');
  }
}

/** @throws HttpProblem invalid_request (400) that names the first field at fault, never its value. */
export function parseWith<T>(schema: ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new HttpProblem('invalid_request', {
    detail: field === '' ? 'wrong shape' : `${field}: ${issue?.code ?? 'invalid'}`,
  });
}
