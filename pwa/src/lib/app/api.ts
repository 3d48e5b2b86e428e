import type { olderMessagesSchema, Session } from '@recado/domain/wire/api';
import type { ConvDoc } from '@recado/domain/wire/documents';
import type { z } from 'zod';

/** Calls to `/api`. Every failure is an ApiError whose code the interface translates; `offline` is one of them. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** Seconds after which it is worth trying again, where the server said so. */
  readonly retryAfter: number | null;
  constructor(status: number, code: string, retryAfter: number | null = null) {
    super(code);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export type OlderMessages = z.infer<typeof olderMessagesSchema>;
export type Api = ReturnType<typeof createApi>;

export function createApi({ fetch }: { fetch: typeof globalThis.fetch }) {
  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, { credentials: 'same-origin', ...init });
    } catch {
      throw new ApiError(0, 'offline');
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => null)) as { code?: unknown } | null;
    const code = typeof problem?.code === 'string' ? problem.code : `http_${response.status}`;
    throw new ApiError(response.status, code, Number(response.headers.get('retry-after')) || null);
  }
  const json = async <T>(path: string): Promise<T> => (await (await call(path)).json()) as T;

  return {
    async login(email: string, password: string): Promise<void> {
      await call('/api/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password }),
      });
    },
    session: () => json<Session>('/api/session'),
    async logout(): Promise<void> {
      await call('/api/session', { method: 'DELETE' });
    },
    conversation: (id: string) =>
      json<{ conversation: ConvDoc }>(`/api/conversations/${encodeURIComponent(id)}`),
    olderMessages(id: string, before: string | null, limit = 100): Promise<OlderMessages> {
      const query = new URLSearchParams({ limit: String(limit), ...(before ? { before } : {}) });
      return json<OlderMessages>(`/api/conversations/${encodeURIComponent(id)}/messages?${query}`);
    },
    /** Resolves with any status but rejects without a network; uploads decide for themselves what a status means. */
    putMedia: (hash: string, file: Blob): Promise<{ status: number }> =>
      fetch(`/api/media/${hash}`, {
        method: 'PUT',
        credentials: 'same-origin',
        headers: { 'content-type': file.type || 'application/octet-stream' },
        body: file,
      }),
    report: <T>(path: string) => json<T>(`/api/reports/${path}`),
  };
}
