/** The demo API on node:http: finds the route, verifies the credential, and only then looks at the rest. */

import { createServer, STATUS_CODES } from 'node:http';
import { refusal } from './bearer.mjs';

const mostBodyBytes = 16 * 1024;

/** A server that answers for the routes of all systems. It does not listen yet. */
export function createApi(systems) {
  const routes = systems.flatMap(({ tokens, routes }) => routes.map((route) => compile(route, tokens)));
  return createServer({ requestTimeout: 10_000 }, (request, response) => {
    answer(routes, request)
      .catch((error) => {
        // A client that hung up is no failure of the server.
        if (error.code !== 'ECONNRESET') console.error(error);
        return { status: 500, detail: 'The server failed.' };
      })
      .then((result) => send(response, result));
  });
}

function compile({ route, permission, answer }, tokens) {
  const [method, path] = route.split(' ');
  return { name: route, method, segments: path.split('/'), permission, answer, tokens };
}

async function answer(routes, request) {
  const segments = request.url.split('?', 1)[0].split('/');
  const matches = routes.flatMap((route) => {
    const params = match(route.segments, segments);
    return params === undefined ? [] : [{ route, params }];
  });
  if (matches.length === 0) {
    return {
      status: 404,
      detail: `Nothing here. The routes are ${routes.map(({ name }) => name).join(', ')}.`,
    };
  }
  const found = matches.find(({ route }) => route.method === request.method);
  if (found === undefined) {
    const allowed = matches.map(({ route }) => route.method).join(', ');
    return { status: 405, headers: { Allow: allowed }, detail: `Only ${allowed} here.` };
  }

  const { route, params } = found;
  const verdict = await route.tokens.verify(headersOf(request), route.permission);
  if (!verdict.valid) return refusal(verdict, route.permission);

  const body = request.method === 'GET' ? { value: undefined } : await readBody(request);
  if (body.problem !== undefined) return body.problem;
  return route.answer({ params, body: body.value, token: verdict.token });
}

/** The values of `{names}`, or `undefined` where the path is another one. */
function match(pattern, segments) {
  if (pattern.length !== segments.length) return undefined;
  const params = {};
  for (const [at, part] of pattern.entries()) {
    if (part.startsWith('{')) params[part.slice(1, -1)] = segments[at];
    else if (part !== segments[at]) return undefined;
  }
  return params;
}

/** All headers as they came. `request.headers` drops a second Authorization header, which has to be seen to be refused. */
function headersOf({ rawHeaders }) {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at], rawHeaders[at + 1]);
  return headers;
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  // Leaving the loop early must not destroy the connection: the answer still has to go out.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > mostBodyBytes) {
      return {
        problem: { status: 413, headers: { Connection: 'close' }, detail: `At most ${mostBodyBytes} bytes.` },
      };
    }
    chunks.push(chunk);
  }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch {
    return { problem: { status: 400, detail: 'The body is not JSON.' } };
  }
}

function send(response, { status, headers = {}, body, detail }) {
  const title = STATUS_CODES[status];
  const content = body ?? { type: 'about:blank', title, status, detail };
  response.writeHead(status, {
    'Content-Type': body === undefined ? 'application/problem+json' : 'application/json',
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(`${JSON.stringify(content)}\n`);
}
