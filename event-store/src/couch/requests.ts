export interface CouchCall {
  method?: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';
  /** Below the server's address, already URL-encoded, without a leading slash. */
  path: string;
  query?: Record<string, string | number | boolean>;
  /** Sent as JSON; a string is taken as JSON already written. */
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** What can be asked of the server. */
export interface CouchRequests {
  /**
   * One request, one JSON answer.
   * @throws StoreUnavailable on network faults, timeouts, cut answers and 5xx; CouchRefused on other statuses.
   */
  call<T>(request: CouchCall): Promise<T>;
  /** A raw request with the credentials, for answers that are streamed. @throws as `call`, on any non-2xx too. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}
