/**
 * Meta's errors. Clients are to branch on `code`; the HTTP statuses here follow Meta's table of codes.
 */
export type MetaError = {
  httpStatus: number;
  code: number;
  type: string;
  title: string;
  details?: string;
  subcode?: number;
  /** Answered by a proxy in front of the API, which speaks HTML. */
  byProxy?: boolean;
};

const table: Record<number, [httpStatus: number, title: string]> = {
  0: [401, 'Unable to authenticate the app user'],
  1: [400, 'An unknown error occurred'],
  2: [503, 'Service temporarily unavailable'],
  3: [500, 'Capability or permissions issue'],
  4: [429, 'Application request limit reached'],
  10: [403, 'Application does not have permission for this action'],
  33: [400, 'Parameter value is not valid'],
  100: [400, 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token - Cannot parse access token'],
  200: [403, 'You do not have the necessary permissions to send messages on behalf of this account'],
  368: [403, 'Temporarily blocked for policies violations'],
  613: [429, 'Calls to this api have exceeded the rate limit'],
  80007: [429, 'Rate limit issues'],
  130429: [429, 'Rate limit hit'],
  130472: [400, "User's number is part of an experiment"],
  130497: [403, 'Business account is restricted from messaging users in this country'],
  131000: [500, 'Something went wrong'],
  131005: [403, 'Access denied'],
  131008: [400, 'Required parameter is missing'],
  131009: [400, 'Parameter value is not valid'],
  131016: [503, 'Service unavailable'],
  131021: [400, 'Recipient cannot be sender'],
  131026: [400, 'Message undeliverable'],
  131031: [403, 'Business account has been locked'],
  131042: [400, 'Business eligibility payment issue'],
  131047: [400, 'Re-engagement message'],
  131048: [429, 'Spam rate limit hit'],
  131049: [400, 'This message was not delivered to maintain healthy ecosystem engagement'],
  131050: [
    400,
    'Unable to deliver the message. This recipient has chosen to stop receiving marketing messages',
  ],
  131051: [400, 'Unsupported message type'],
  131052: [400, 'Media download error'],
  131053: [400, 'Media upload error'],
  131056: [429, '(Business Account, Consumer Account) pair rate limit hit'],
  131057: [503, 'Account in maintenance mode'],
  131062: [400, 'Business-scoped user id is not valid for this message'],
  132000: [400, 'Number of parameters does not match the expected number of params'],
  132001: [404, 'Template name does not exist in the translation'],
  132012: [400, 'Parameter format does not match format in the created template'],
  132015: [400, 'Template is paused'],
  132016: [400, 'Template is disabled'],
  133016: [429, 'Account register deregister rate limit exceeded'],
};

const explanations: Record<number, string> = {
  130429: 'Cloud API message throughput has been reached.',
  131026: 'Message Undeliverable.',
  131047:
    'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
  131056:
    'Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.',
};

export const metaError = (code: number, details?: string): MetaError => {
  if (code >= 500 && code < 600) {
    return { ...metaError(131000, details), httpStatus: code, byProxy: code >= 502 && code <= 504 };
  }
  const [httpStatus, title] = table[code] ?? [400, 'Unknown error'];
  return { httpStatus, code, type: 'OAuthException', title, details: details ?? explanations[code] };
};

export const invalidToken = (): MetaError => metaError(190);

/** What Meta answers for a node that does not exist, or that this token may not see. */
export const unknownNode = (id: string, method: string): MetaError => ({
  httpStatus: 400,
  code: 100,
  subcode: 33,
  type: 'GraphMethodException',
  title: `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
});

/** The body of a refused call. `traceId` is what Meta's support would ask for. */
export const errorBody = (error: MetaError, traceId: string) => ({
  error: {
    message: error.code === 190 || error.subcode ? error.title : `(#${error.code}) ${error.title}`,
    type: error.type,
    code: error.code,
    ...(error.details && { error_data: { messaging_product: 'whatsapp', details: error.details } }),
    ...(error.subcode && { error_subcode: error.subcode }),
    fbtrace_id: traceId,
  },
});

/** The same error inside a `failed` status. */
export const statusError = (error: MetaError) => ({
  code: error.code,
  title: error.title,
  message: error.title,
  error_data: { details: error.details ?? error.title },
  href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
});
