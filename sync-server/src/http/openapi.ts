import {
  conversationSchema,
  conversationsQuerySchema,
  loginSchema,
  olderMessagesSchema,
  problemSchema,
  reportConversationsSchema,
  sessionSchema,
  summaryQuerySchema,
  summarySchema,
} from '@recado/domain/wire/api';
import { documentSchemas } from '@recado/domain/wire/documents';
import { z } from 'zod';
import type { AnyRoute } from './route.ts';

type Json = Record<string, unknown>;

/** `/api/openapi.json`: OpenAPI 3.1, generated from the schemas that validate. */
export function openApiRoutes(): AnyRoute[] {
  const document = openApiDocument();
  return [
    {
      method: 'get',
      path: '/api/openapi.json',
      access: 'public',
      handle(ctx) {
        ctx.body = document;
      },
    },
  ];
}

export function openApiDocument(): Json {
  const schema = (type: z.ZodType, io: 'input' | 'output' = 'output'): Json => {
    const { $schema: _dialect, ...body } = z.toJSONSchema(type, { io, unrepresentable: 'any' }) as Json;
    return body;
  };
  const json = (type: Json, contentType = 'application/json') => ({
    content: { [contentType]: { schema: type } },
  });
  const refTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
  const problemAnswer = (description: string) => ({
    description,
    ...json(refTo('Problem'), 'application/problem+json'),
  });
  const denied = {
    401: problemAnswer('No session'),
    403: problemAnswer('Not with this role'),
    404: problemAnswer('Nothing here'),
  };
  const ok = (name: string) => ({ 200: { description: 'OK', ...json(refTo(name)) }, ...denied });
  const query = (type: z.ZodObject): Json[] =>
    Object.entries(type.shape).map(([name, field]) => ({
      name,
      in: 'query',
      required: !(field as z.ZodType).safeParse(undefined).success,
      schema: schema(field as z.ZodType, 'input'),
    }));
  const inPath = (name: string, description: string): Json => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  });
  const file = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

  return {
    openapi: '3.1.0',
    info: {
      title: 'Recado',
      version: '1',
      description:
        'The API of the interface. `/sync/<collection>` speaks the HTTP API of CouchDB and is not described here.',
    },
    paths: {
      '/api/session': {
        post: {
          summary: 'Log in',
          security: [],
          requestBody: { required: true, ...json(schema(loginSchema, 'input')) },
          responses: {
            204: { description: 'Logged in; the answer sets the cookie' },
            400: problemAnswer('Not valid'),
            401: problemAnswer('E-mail or password is wrong'),
            429: problemAnswer('Too many attempts; see Retry-After'),
          },
        },
        get: { summary: 'Who is logged in', responses: ok('Session') },
        delete: { summary: 'Log out', responses: { 204: { description: 'Logged out' } } },
      },
      '/api/conversations/{id}': {
        get: {
          summary: 'One conversation',
          parameters: [inPath('id', 'Conversation')],
          responses: ok('Conversation'),
        },
      },
      '/api/conversations/{id}/messages': {
        get: {
          summary: 'Older messages, newest first',
          parameters: [
            inPath('id', 'Conversation'),
            { name: 'before', in: 'query', schema: { type: 'string' } },
            {
              name: 'limit',
              in: 'query',
              schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            },
          ],
          responses: ok('OlderMessages'),
        },
      },
      '/api/media/{hash}': {
        put: {
          summary: 'Store a file under the SHA-256 of its bytes',
          parameters: [inPath('hash', 'SHA-256, hex')],
          requestBody: { required: true, content: file },
          responses: {
            201: { description: 'Stored' },
            413: problemAnswer('Too large'),
            415: problemAnswer('Type not allowed'),
            422: problemAnswer('The bytes do not give the hash'),
            ...denied,
          },
        },
        get: {
          summary: 'A stored file; ranges are served',
          parameters: [inPath('hash', 'SHA-256, hex')],
          responses: {
            200: { description: 'The file', content: file },
            206: { description: 'A part of it', content: file },
            ...denied,
          },
        },
      },
      '/api/reports/summary': {
        get: {
          summary: 'Figures by day, queue, agent or number',
          parameters: query(summaryQuerySchema),
          responses: ok('Summary'),
        },
      },
      '/api/reports/conversations': {
        get: {
          summary: 'The conversations behind a figure',
          parameters: query(conversationsQuerySchema),
          responses: ok('ReportConversations'),
        },
      },
    },
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: '__Host-recado' } },
      schemas: {
        Problem: schema(problemSchema),
        Session: schema(sessionSchema),
        Conversation: schema(conversationSchema),
        OlderMessages: schema(olderMessagesSchema),
        Summary: schema(summarySchema),
        ReportConversations: schema(reportConversationsSchema),
        ...Object.fromEntries(
          Object.entries(documentSchemas).map(([name, type]) => [`sync_${name}`, schema(type)]),
        ),
      },
    },
    security: [{ session: [] }],
  };
}
