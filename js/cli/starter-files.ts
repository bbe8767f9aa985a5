/** The files that `init` writes: a catalog, a deployment and a guarded server. */

export const FRAMEWORKS = ['node', 'express', 'fastify', 'hono', 'koa'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** What a framework needs besides `leastkey`. */
export const PACKAGES: Readonly<Record<Framework, readonly string[]>> = {
  node: [],
  express: ['express'],
  fastify: ['fastify'],
  hono: ['hono', '@hono/node-server'],
  koa: ['koa'],
};

/** The files by name, of which none may be there. */
export function starterFiles(framework: Framework, prefix: string): Readonly<Record<string, string>> {
  return {
    'catalog.json': CATALOG,
    'deployment.mjs': deploymentFile(prefix),
    'server.mjs': SERVERS[framework],
  };
}

const CATALOG = `${JSON.stringify(
  {
    $schema: './node_modules/leastkey/catalog.schema.json',
    services: {
      messages: {
        title: 'Messages',
        permissions: {
          send: { title: 'Send messages', routes: ['POST /messages'] },
          read: { title: 'Read messages', routes: ['GET /messages'] },
        },
      },
    },
    templates: {
      sender: { title: 'Send messages', permissions: ['messages:send'] },
    },
  },
  null,
  2,
)}
`;

const deploymentFile = (prefix: string) => `import { readFileSync } from 'node:fs';
import { createTokens } from 'leastkey';
import { createGuard } from 'leastkey/edge';
import { sqliteStore } from 'leastkey/stores/sqlite';

const catalog = JSON.parse(readFileSync(new URL('catalog.json', import.meta.url), 'utf8'));
const store = sqliteStore({ path: process.env.LEASTKEY_DB ?? 'tokens.db' });

/** Creates and manages tokens. */
export const tokens = await createTokens({ catalog, store, prefix: '${prefix}' });

/** Admits a request whose token has the permission of its route in the catalog. */
export const guard = createGuard(tokens);
`;

const PORT = 'process.env.PORT ?? 3000';

const SERVERS: Readonly<Record<Framework, string>> = {
  node: `import { createServer } from 'node:http';
import { requestOf, sendResponse } from 'leastkey/node';
import { guard } from './deployment.mjs';

const server = createServer(async (request, response) => {
  const { response: refusal, verdict } = await guard(requestOf(request));
  if (refusal) return sendResponse(response, refusal);
  response.end(\`Hello \${verdict.token.name}\\n\`);
});

server.listen(${PORT});
`,
  express: `import express from 'express';
import { requestOf, sendResponse } from 'leastkey/node';
import { guard } from './deployment.mjs';

const app = express();

app.use(async (request, response, next) => {
  const { response: refusal, verdict } = await guard(requestOf(request));
  if (refusal) return sendResponse(response, refusal);
  response.locals.token = verdict.token;
  next();
});

app.post('/messages', (_request, response) => response.send(\`Hello \${response.locals.token.name}\\n\`));
app.get('/messages', (_request, response) => response.json([]));

app.listen(${PORT});
`,
  fastify: `import Fastify from 'fastify';
import { requestOf } from 'leastkey/node';
import { guard } from './deployment.mjs';

const app = Fastify();

app.decorateRequest('token');
app.addHook('onRequest', async (request, reply) => {
  const { response: refusal, verdict } = await guard(requestOf(request.raw));
  if (refusal) return reply.send(refusal);
  request.token = verdict.token;
});

app.post('/messages', async (request) => \`Hello \${request.token.name}\\n\`);
app.get('/messages', async () => []);

await app.listen({ port: Number(${PORT}) });
`,
  hono: `import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { guard } from './deployment.mjs';

const app = new Hono();

app.use(async (context, next) => {
  const { response, verdict } = await guard(context.req.raw);
  if (response) return response;
  context.set('token', verdict.token);
  await next();
});

app.post('/messages', (context) => context.text(\`Hello \${context.get('token').name}\\n\`));
app.get('/messages', (context) => context.json([]));

serve({ fetch: app.fetch, port: Number(${PORT}) });
`,
  koa: `import Koa from 'koa';
import { requestOf, sendResponse } from 'leastkey/node';
import { guard } from './deployment.mjs';

const app = new Koa();

app.use(async (context) => {
  const { response: refusal, verdict } = await guard(requestOf(context.req));
  if (refusal) {
    context.respond = false;
    return sendResponse(context.res, refusal);
  }
  context.body = \`Hello \${verdict.token.name}\\n\`;
});

app.listen(${PORT});
`,
};
