import { list, record, text } from './json-value.ts';
import { mediaHash } from './media-hash.ts';

/** Meta's Graph API, as far as Recado calls it. Never throws: what went wrong is part of the answer. */
export const graphVersion = 'v24.0';

export interface GraphAccount {
  phoneNumberId: string;
  accessToken: string;
}

/** Refused by the API, with its own code; `status` is the HTTP status. */
export interface GraphRefusal {
  kind: 'refused';
  status: number;
  code: number | null;
  detail?: string;
}

/** `unsent`: no byte of the request left, so nothing happened. `unanswered`: it may have happened or not. */
export type GraphSilence = { kind: 'unsent'; reason: string } | { kind: 'unanswered'; reason: string };

export type SendAnswer = { kind: 'accepted'; providerId: string } | GraphRefusal | GraphSilence;
export type UploadAnswer = { kind: 'uploaded'; mediaId: string } | GraphRefusal | GraphSilence;
export type DownloadAnswer =
  | { kind: 'file'; body: ReadableStream<Uint8Array>; mime?: string; sha256?: string }
  | GraphRefusal
  | GraphSilence;

export interface GraphClient {
  send(account: GraphAccount, body: object): Promise<SendAnswer>;
  upload(
    account: GraphAccount,
    file: { bytes: Blob; mime: string; filename?: string },
  ): Promise<UploadAnswer>;
  /** Asks for the file's link, which lives five minutes, and opens it. */
  download(accessToken: string, mediaId: string): Promise<DownloadAnswer>;
}

export interface GraphClientDeps {
  /** `https://graph.facebook.com`, or the double's address. */
  baseUrl: string;
  /** Until the answer is there, ms. */
  timeoutMs: number;
  /** For files, ms. */
  fileTimeoutMs?: number;
  fetch?: typeof globalThis.fetch;
}

export function createGraphClient(deps: GraphClientDeps): GraphClient {
  const { timeoutMs, fileTimeoutMs = 120_000, fetch = globalThis.fetch } = deps;
  const base = `${deps.baseUrl.replace(/\/+$/, '')}/${graphVersion}`;

  const call = async (
    url: string,
    { accessToken, timeout, ...init }: RequestInit & { accessToken: string; timeout: number },
  ): Promise<{ kind: 'response'; response: Response } | GraphSilence> => {
    const headers = {
      ...(init.headers as Record<string, string> | undefined),
      authorization: `Bearer ${accessToken}`,
    };
    try {
      return {
        kind: 'response',
        response: await fetch(url, { ...init, headers, signal: AbortSignal.timeout(timeout) }),
      };
    } catch (error) {
      return silenceOf(error);
    }
  };

  /** The JSON of a call, when it came whole and with success. */
  const json = async (
    answer: Awaited<ReturnType<typeof call>>,
  ): Promise<{ kind: 'json'; body: unknown } | GraphRefusal | GraphSilence> => {
    if (answer.kind !== 'response') return answer;
    const { response } = answer;
    try {
      const body = parse(await response.text());
      return response.ok ? { kind: 'json', body } : refusalOf(response.status, body);
    } catch (error) {
      // The headers were there: the request has arrived.
      if (!response.ok) return refusalOf(response.status, undefined);
      return { kind: 'unanswered', reason: reasonOf(error) };
    }
  };

  return {
    async send({ phoneNumberId, accessToken }, body) {
      const answer = await json(
        await call(`${base}/${encodeURIComponent(phoneNumberId)}/messages`, {
          method: 'POST',
          accessToken,
          timeout: timeoutMs,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      );
      if (answer.kind !== 'json') return answer;
      const providerId = text(record(list(record(answer.body)['messages'])[0])['id']);
      return providerId === undefined
        ? { kind: 'unanswered', reason: 'the answer names no message' }
        : { kind: 'accepted', providerId };
    },

    async upload({ phoneNumberId, accessToken }, { bytes, mime, filename }) {
      const form = new FormData();
      form.set('messaging_product', 'whatsapp');
      form.set('type', mime);
      form.set('file', new Blob([bytes], { type: mime }), filename ?? 'file');
      const url = `${base}/${encodeURIComponent(phoneNumberId)}/media`;
      const answer = await json(
        await call(url, { method: 'POST', accessToken, timeout: fileTimeoutMs, body: form }),
      );
      if (answer.kind !== 'json') return answer;
      const mediaId = text(record(answer.body)['id']);
      return mediaId === undefined
        ? { kind: 'unanswered', reason: 'the answer names no file' }
        : { kind: 'uploaded', mediaId };
    },

    async download(accessToken, mediaId) {
      const found = await json(
        await call(`${base}/${encodeURIComponent(mediaId)}`, { accessToken, timeout: timeoutMs }),
      );
      if (found.kind !== 'json') return found;
      const { url, mime_type, sha256 } = record(found.body);
      if (text(url) === undefined) return { kind: 'unanswered', reason: 'the answer holds no link' };
      const file = await call(String(url), { accessToken, timeout: fileTimeoutMs });
      if (file.kind !== 'response') return file;
      const { response } = file;
      if (!response.ok || !response.body) return refusalOf(response.status, undefined);
      const mime = text(mime_type) ?? response.headers.get('content-type') ?? undefined;
      return { kind: 'file', body: response.body, mime, sha256: mediaHash(sha256) };
    },
  };
}

/** Proxies in front of the API answer in HTML: then there is no code, and the HTTP status must do. */
function refusalOf(status: number, body: unknown): GraphRefusal {
  const error = record(record(body)['error']);
  const code = error['code'];
  const detail = text(record(error['error_data'])['details']) ?? text(error['message']);
  return {
    kind: 'refused',
    status,
    code: typeof code === 'number' ? code : null,
    ...(detail ? { detail } : {}),
  };
}

/** Faults that come before a connection exists: nothing has been written. */
const beforeConnecting = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

export function silenceOf(error: unknown): GraphSilence {
  const codes = causesOf(error).map((cause) => text(record(cause)['code']) ?? '');
  const known = codes.find((code) => beforeConnecting.has(code));
  return known === undefined
    ? { kind: 'unanswered', reason: reasonOf(error) }
    : { kind: 'unsent', reason: known };
}

/** An error, its causes, and theirs; a failed connection to several addresses has one error for each. */
function causesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const attempts = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return [withCode(error), ...attempts.map(withCode), ...causesOf(error.cause)];
}

const withCode = (error: unknown): { code?: unknown } => ({ code: (error as { code?: unknown }).code });

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = text((error.cause as { code?: unknown } | undefined)?.code);
  return code ?? (error.name === 'TimeoutError' ? 'timeout' : error.name);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
