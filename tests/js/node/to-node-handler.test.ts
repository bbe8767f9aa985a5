/** Web-standard handlers on node:http: `toNodeHandler` and what it sends. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { handler } from 'leastkey/http';
import { requestOf, toNodeHandler } from 'leastkey/node';
import { admin, deployment, input } from '../support/deployment.js';

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

const servers: { close(): void; closeAllConnections(): void }[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

/** Serves a listener, and returns its origin. */
async function listen(listener: Listener): Promise<string> {
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (answer: (request: Request) => Response | Promise<Response>) => listen(toNodeHandler(answer));

/** The text that a server sends to a request written by hand, until the connection ends. */
async function raw(origin: string, text: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  socket.write(text);
  let answer = '';
  for await (const part of socket) answer += part;
  return answer;
}

const sameOrigin = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
const place = '/api/tokens/v1/tokens';

async function api() {
  const tokens = await deployment();
  return handler(tokens, { authenticate: () => admin, basePath: '/api/tokens/v1' });
}

describe('toNodeHandler', () => {
  test('serves the management API with its bodies', async () => {
    const origin = await serve(await api());
    const body = JSON.stringify(input());
    const made = await fetch(origin + place, { method: 'POST', headers: sameOrigin, body });
    assert.equal(made.status, 201, await made.clone().text());
    assert.equal(made.headers.get('etag'), '"1"');
    const { record } = (await made.json()) as { record: { id: string } };
    const got = await fetch(`${origin}${place}/${record.id}`);
    assert.equal(((await got.json()) as { id: string }).id, record.id);
    const head = await fetch(`${origin}${place}/${record.id}`, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
  });

  test('sees the whole path below a mount path', async () => {
    const answer = toNodeHandler(await api());
    const origin = await listen((incoming, outgoing) => {
      const mounted = Object.assign(incoming, { originalUrl: incoming.url as string });
      mounted.url = mounted.originalUrl.slice('/api/tokens'.length);
      return answer(mounted, outgoing);
    });
    assert.equal((await fetch(`${origin}${place}?owner=org%3Aacme`)).status, 200);
    assert.equal((await fetch(`${origin}/v1/tokens?owner=org%3Aacme`)).status, 404);
  });

  test('gives all headers, the address that the client used, and the body', async () => {
    const origin = await serve(async (request) =>
      Response.json({ url: request.url, tags: request.headers.get('x-tag'), body: await request.text() }),
    );
    const { host, port } = new URL(origin);
    const outgoing = send({
      host: '127.0.0.1',
      port,
      method: 'PUT',
      path: '/a/../b?c=%20',
      headers: { 'X-Tag': ['1', '2'] },
    });
    outgoing.end('é');
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    assert.deepEqual(JSON.parse(text), { url: `http://${host}/b?c=%20`, tags: '1, 2', body: 'é' });
    assert.equal(
      response.headers['content-length'],
      String(Buffer.byteLength(text)),
      'one part has a length',
    );
  });

  test('sends the parts of a body as they come, no faster than the client reads', async () => {
    let pulled = 0;
    let end = false;
    const stream = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await turn();
          pulled += 1;
          if (end) controller.close();
          else controller.enqueue(new Uint8Array(65_536));
        },
      });
    const origin = await serve(() => new Response(stream()));
    const { port } = new URL(origin);
    const [response] = (await once(send({ host: '127.0.0.1', port }).end(), 'response')) as [IncomingMessage];
    // Nothing is read: what fits into the buffers on the way is pulled, and no more.
    let before = -1;
    for (let same = 0; same < 500 && pulled < 1_000; same = pulled === before ? same + 1 : 0) {
      before = pulled;
      await turn();
    }
    assert.ok(pulled < 1_000, `${pulled} parts were pulled`);
    end = true;
    let length = 0;
    for await (const part of response) length += part.length;
    assert.equal(length % 65_536, 0);
    assert.ok(length > 0);
  });

  test('tells the answer that the client has gone, and stops its body', async () => {
    const signals: AbortSignal[] = [];
    let cancelled: () => void = () => {};
    const whenCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const origin = await serve((request) => {
      signals.push(request.signal);
      const parts = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(10));
      return new Response(new ReadableStream({ start: parts, cancel: cancelled }));
    });
    const { port } = new URL(origin);
    const outgoing = send({ host: '127.0.0.1', port });
    outgoing.on('error', () => {});
    const [response] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
    response.on('error', () => {});
    outgoing.destroy();
    await whenCancelled;
    const [signal] = signals;
    if (signal?.aborted === false) await once(signal, 'abort');
    assert.match(String(signal?.reason), /the client has gone/);
  });

  test('refuses a body that is too large while it is sent, and closes the connection', async () => {
    const origin = await serve(await api());
    const length = 100_000_000;
    const head = `POST ${place} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    const answer = await raw(origin, head + ' '.repeat(3_000_000));
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /\r\nConnection: close\r\n/);
  });

  test('takes a body that a middleware has parsed', async () => {
    const answer = toNodeHandler(await api());
    const origin = await listen(async (incoming, outgoing) => {
      let text = '';
      for await (const part of incoming) text += part;
      return answer(Object.assign(incoming, { body: JSON.parse(text) }), outgoing);
    });
    const body = JSON.stringify(input());
    const made = await fetch(origin + place, { method: 'POST', headers: sameOrigin, body });
    assert.equal(made.status, 201, await made.clone().text());
  });

  test('says what has to be mounted first, where a body was read and is lost', async () => {
    const errors: unknown[] = [];
    const answer = toNodeHandler(await api());
    const origin = await listen(async (incoming, outgoing) => {
      for await (const _ of incoming) void _;
      return answer(incoming, outgoing, (error) => {
        errors.push(error);
        outgoing.end();
      });
    });
    await fetch(origin + place, { method: 'POST', body: '{}' });
    assert.match(String(errors[0]), /read already, and is not in request\.body: mount toNodeHandler before/);
  });

  test('an error of the answer goes to next, or ends in 500', async () => {
    const broken = () => Promise.reject(new Error('secret of the host'));
    const response = await fetch(await serve(broken));
    assert.deepEqual([response.status, await response.text()], [500, '']);
    const origin = await listen((incoming, outgoing) =>
      toNodeHandler(broken)(incoming, outgoing, (error) => outgoing.end(String(error))),
    );
    assert.equal(await (await fetch(origin)).text(), 'Error: secret of the host');
  });

  test('a body that breaks off is no whole body for the client', async () => {
    const stream = () => {
      let parts = 0;
      return new ReadableStream<Uint8Array>({
        async pull(controller) {
          parts += 1;
          for (let at = 0; at < 3; at++) await turn();
          if (parts < 3) controller.enqueue(new Uint8Array(10));
          else controller.error(new Error('broken'));
        },
      });
    };
    const response = await fetch(await serve(() => new Response(stream())));
    await assert.rejects(response.arrayBuffer());
  });

  test('what no Request can be is 400', async () => {
    const origin = await serve(() => new Response('reached'));
    for (const line of ['GET http://[ HTTP/1.1', 'TRACE / HTTP/1.1', 'OPTIONS * HTTP/1.1']) {
      const answer = await raw(origin, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 /, line);
    }
  });

  test('wants a function', () => {
    for (const wrong of [undefined, {}, 'handler'])
      assert.throws(() => toNodeHandler(wrong as never), { code: 'invalid_input', path: 'answer' });
  });
});

test('handler refuses the request of requestOf, and names toNodeHandler', async () => {
  const answer = await api();
  const request = requestOf({ method: 'POST', url: place, rawHeaders: [] });
  await assert.rejects(answer(request as Request), {
    code: 'invalid_input',
    message: 'request: expected a Request; on node:http serve it by toNodeHandler of leastkey/node',
  });
});
