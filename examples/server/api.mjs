/**
 * The demo as one function from a `Request` to its `Response`: Leastkey's own API, the page of the
 * portal, and the routes of the demo. A guard verifies the credential before the request is read.
 */

import { STATUS_CODES } from 'node:http';
import { createGuard, handler } from 'leastkey/http';
import { signOfProxy } from './direct.mjs';
import { docs, isOfDocs } from './docs.mjs';
import { isOfPage, page } from './page.mjs';
import { authenticator } from './people.mjs';

const mostBodyBytes = 16 * 1024;

export function createApi({ tokens, routes }) {
  const compiled = routes.map(compile);
  // No proxy is in front of the demo, so the address of a request is that of its connection.
  const addresses = new WeakMap();
  const clientIp = (request) => addresses.get(request);
  const guard = createGuard(tokens, { realm: 'leastkey-demo', clientIp });
  // Only the error: the request has a credential in its headers.
  const onError = (error) => console.error(error);
  const authenticate = authenticator(tokens, clientIp);
  // The login headers are not cookies: a page of another origin cannot set them.
  const leastkey = handler(tokens, { authenticate, credentials: 'bearer', clientIp, onError });
  return async (request, { incoming } = {}) => {
    const sign = signOfProxy(request, incoming);
    if (sign !== undefined) {
      const detail = `This is a demo for its own machine, and the request came through a proxy: it has ${sign}.`;
      return send({ status: 403, detail });
    }
    addresses.set(request, incoming?.socket.remoteAddress);
    const { pathname } = new URL(request.url);
    if (/^\/(?:leastkey|oauth20)\//.test(pathname)) return leastkey(request);
    if (isOfPage(pathname)) return page(request);
    if (isOfDocs(pathname)) return docs(request);
    try {
      return await answer(compiled, guard, request, pathname.split('/'));
    } catch (error) {
      console.error(error);
      return send({ status: 500, detail: 'The server failed.' });
    }
  };
}

function compile({ route, permission, answer }) {
  const [method, path] = route.split(' ');
  return { name: route, method, segments: path.split('/'), permission, answer };
}

async function answer(routes, guard, request, segments) {
  const matches = routes.flatMap((route) => {
    const params = match(route.segments, segments);
    return params === undefined ? [] : [{ route, params }];
  });
  if (matches.length === 0) {
    const all = routes.map(({ name }) => name).join(', ');
    return send({ status: 404, detail: `Nothing here. The routes are ${all}, and those of Leastkey.` });
  }
  const found = matches.find(({ route }) => route.method === request.method);
  if (found === undefined) {
    const allowed = matches.map(({ route }) => route.method).join(', ');
    return send({ status: 405, headers: { Allow: allowed }, detail: `Only ${allowed} here.` });
  }

  const { route, params } = found;
  const { response, verdict } = await guard(request, route.permission);
  if (response) return response;

  const body = request.method === 'GET' ? { value: undefined } : await readBody(request);
  if (body.problem !== undefined) return send(body.problem);
  return send(route.answer({ params, body: body.value, token: verdict.token }));
}

/** The values of `{names}`, or `undefined` for another path. */
function match(pattern, segments) {
  if (pattern.length !== segments.length) return undefined;
  const params = {};
  for (const [at, part] of pattern.entries()) {
    if (part.startsWith('{')) params[part.slice(1, -1)] = segments[at];
    else if (part !== segments[at]) return undefined;
  }
  return params;
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > mostBodyBytes) return { problem: { status: 413, detail: `At most ${mostBodyBytes} bytes.` } };
    chunks.push(chunk);
  }
  try {
    return { value: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch {
    return { problem: { status: 400, detail: 'The body is not JSON.' } };
  }
}

function send({ status, headers = {}, body, detail }) {
  const content = body ?? { type: 'about:blank', title: STATUS_CODES[status], status, detail };
  const type = body === undefined ? 'application/problem+json' : 'application/json';
  return new Response(`${JSON.stringify(content)}\n`, {
    status,
    headers: { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers },
  });
}
