import type { Parameters } from '../query.js';
import { STATUSES } from '../refusal.js';
import type { Access, Route, RouteAnswer } from '../route.js';
import { SCHEMAS } from '../schemas/all.js';
import { ref, type Schema, TEXT } from '../schemas/schema.js';

/** The OpenAPI 3.1 document of a table of routes. */
export function openApiDocument(table: readonly Route[], cookie: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of table) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Leastkey',
      version: '1',
      description: 'Least-privilege access tokens: sessions, OAuth endpoints and management.',
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: SCHEMAS, securitySchemes: securitySchemes(cookie) },
  };
}

function operation(route: Route): object {
  const { id, tag, summary, description, access, body } = route;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [
      ...parameters('path', route.parameters),
      ...parameters('query', route.query),
      ...headerParameters(route.headers),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: body.required, content: { [body.type]: { schema: ref(body.schema) } } } }),
    responses: responses(route),
    security: SECURITY[access],
  };
}

const SECURITY: Readonly<Record<Access, readonly object[]>> = {
  actor: [{ host: [] }],
  bearer: [{ credential: [] }],
  client: [{ client: [] }],
  'client?': [{}, { client: [] }],
  anybody: [],
};

function securitySchemes(cookie: boolean): Readonly<Record<string, object>> {
  return {
    host: cookie
      ? {
          type: 'apiKey',
          in: 'cookie',
          name: 'session',
          description: 'Whatever cookie the host signs people in with.',
        }
      : { type: 'http', scheme: 'bearer', description: 'Whatever the host signs people in with.' },
    credential: { type: 'http', scheme: 'bearer', description: 'A credential of Leastkey.' },
    client: { type: 'http', scheme: 'basic', description: 'The id and the secret of an OAuth client.' },
  };
}

function parameters(place: 'path' | 'query', rows: Parameters = {}): object[] {
  return Object.entries(rows).map(([name, { description, schema, required }]) => ({
    name,
    in: place,
    description,
    required: place === 'path' || required === true,
    schema,
  }));
}

/** `If-Match` is optional only if `If-None-Match` can replace it. */
function headerParameters(names: NonNullable<Route['headers']> = []): object[] {
  return names.map((name) => ({
    name,
    in: 'header',
    ...HEADER_PARAMETERS[name],
    required: name === 'If-Match' && !names.includes('If-None-Match'),
  }));
}

const HEADER_PARAMETERS = {
  'If-Match': {
    description: 'The ETag of the record that the change is made from, a list of them, or `*`.',
    schema: { type: 'string', pattern: '^(\\*|(W/)?"\\d{1,15}"(, ?(W/)?"\\d{1,15}"){0,19})$' },
  },
  'If-None-Match': { description: 'That there is none yet.', schema: { const: '*' } },
  'Idempotency-Key': {
    description: 'Two calls with the same key and input do one thing.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_.~-]{8,200}$' },
  },
} as const;

const HEADERS: Readonly<Record<string, object>> = {
  ETag: { description: 'The revision.', schema: TEXT },
  Location: { description: 'Where it is.', schema: TEXT },
  'Retry-After': { description: 'Seconds.', schema: { type: 'string', pattern: '^\\d+$' } },
  'WWW-Authenticate': { description: 'The challenge.', schema: TEXT },
};

/** The headers of refusals, by status. */
const REFUSAL_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  503: ['Retry-After'],
};

function responses({ answers, refusals }: Route): object {
  const described: Record<number, Described> = {};
  for (const [status, answer] of Object.entries(answers)) described[Number(status)] = response(answer);
  for (const [status, codes] of byStatus(refusals)) {
    const { description = 'Refused.', content = {}, headers } = described[status] ?? {};
    const own = content[PROBLEM]?.schema;
    const schema = own === undefined ? ref('Problem') : { anyOf: [own, ref('Problem')] };
    described[status] = {
      description: `${description} Codes: ${codes.join(', ')}.`,
      content: { ...content, [PROBLEM]: { schema } },
      headers: { ...headers, ...responseHeaders(REFUSAL_HEADERS[status]) },
    };
  }
  return described;
}

const PROBLEM = 'application/problem+json';

interface Described {
  description: string;
  content?: Readonly<Record<string, { schema: Schema }>>;
  headers: Readonly<Record<string, object>>;
}

function response({ description, schema, type = 'application/json', headers }: RouteAnswer): Described {
  return {
    description,
    ...(schema === undefined ? {} : { content: { [type]: { schema } } }),
    headers: responseHeaders(headers),
  };
}

function responseHeaders(names: readonly string[] = []): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, { ...HEADERS[name] }]));
}

function byStatus(refusals: Route['refusals']): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const code of new Set(refusals)) {
    const status = STATUSES[code];
    found.set(status, [...(found.get(status) ?? []), code]);
  }
  return found;
}
