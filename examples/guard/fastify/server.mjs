/** Fastify 5. Run it here: npm install, then npm start [-- port] */

import fastify from 'fastify';
import { createGuard } from 'leastkey/edge';
import { requestOf, toNodeHandler } from 'leastkey/node';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });
const api = toNodeHandler(answer);

const app = fastify();

app.decorateRequest('token', null);
app.addHook('onRequest', async (request, reply) => {
  if (request.url.startsWith('/leastkey/')) return;
  const { response, verdict } = await guard(requestOf(request.raw));
  if (response) return reply.send(response);
  request.token = verdict.token;
});

app.post('/messages', async (request) => `sent by ${request.token.name}`);

app.register(async (scope) => {
  // The API reads its bodies itself.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
  scope.all('/leastkey/*', (request, reply) => {
    reply.hijack();
    return api(request.raw, reply.raw);
  });
});

await app.listen({ port: Number(process.argv[2] ?? 8787), host: '127.0.0.1' });
await introduce(app.server.address().port);
