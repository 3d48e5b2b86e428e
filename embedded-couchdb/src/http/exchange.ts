import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { badRequest, CouchError, queryParseError } from '../couch-error.ts';
import type { Database } from '../store/database.ts';
import type { Databases } from '../store/databases.ts';
import { ClientGone } from './json-stream.ts';

/** One request and its answer, with the readings of it that endpoints share. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  databases: Databases;
  /** Decoded path segments. */
  path: string[];
  query: URLSearchParams;
  newUuid: () => string;
  /** The server's own id, as `GET /` shows it. */
  serverUuid: string;
  maxBodyBytes: number;
}

export type Endpoint = (exchange: Exchange) => Promise<void> | void;

export const databaseOf = (exchange: Exchange): Database => exchange.databases.get(exchange.path[0] ?? '');

export function sendJson(
  exchange: Exchange,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  sendText(exchange, status, `${JSON.stringify(body)}\n`, headers);
}

/** `text` is JSON already. */
export function sendText(
  { response }: Exchange,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'must-revalidate',
    ...headers,
  });
  response.end(text);
}

/** The JSON body of a POST, whose content type CouchDB insists on (which also keeps plain web forms out). */
export async function readPostedJson(exchange: Exchange): Promise<unknown> {
  const type = exchange.request.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) {
    throw new CouchError(415, 'bad_content_type', 'Content-Type must be application/json');
  }
  return readJson(exchange);
}

export async function readPostedObject(exchange: Exchange): Promise<Record<string, unknown>> {
  return asObject(await readPostedJson(exchange), 'Request body must be a JSON object');
}

export async function readJson(exchange: Exchange): Promise<unknown> {
  const text = await readBody(exchange);
  if (text.length === 0) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('invalid UTF-8 JSON');
  }
}

export function asObject(value: unknown, otherwise: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest(otherwise);
  return value as Record<string, unknown>;
}

const inflate = promisify(gunzip);

async function readBody(exchange: Exchange): Promise<string> {
  const bytes = await readBytes(exchange);
  const encoding = exchange.request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return bytes.toString();
  if (encoding !== 'gzip') throw new CouchError(415, 'bad_ctype', `${encoding} not supported`);
  try {
    return (await inflate(bytes, { maxOutputLength: exchange.maxBodyBytes })).toString();
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge()
      : badRequest('invalid gzip body');
  }
}

const tooLarge = () => new CouchError(413, 'too_large', 'the request entity is too large');

function readBytes({ request, maxBodyBytes }: Exchange): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        request.removeAllListeners('data');
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
  });
}

/** A query parameter that holds JSON, as `key` or `keys` do. */
export function jsonParameter(query: URLSearchParams, name: string): unknown {
  const text = query.get(name);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('invalid UTF-8 JSON');
  }
}

export function asBoolean(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw queryParseError(`Invalid boolean parameter: "${name}"`);
}

export function asCount(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count;
  throw queryParseError(`Invalid value for ${name}: ${JSON.stringify(value)}`);
}

export const isOn = (query: URLSearchParams, name: string) => asBoolean(query.get(name), name) === true;
