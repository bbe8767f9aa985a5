/** Hono. Run it here: npm install, then npm start [-- port] */

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createGuard } from 'leastkey/edge';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

const app = new Hono();

app.all('/leastkey/*', (context) => answer(context.req.raw));

app.use(async (context, next) => {
  const { response, verdict } = await guard(context.req.raw);
  if (response) return response;
  context.set('token', verdict.token);
  await next();
});

app.post('/messages', (context) => context.text(`sent by ${context.get('token').name}`));

const port = Number(process.argv[2] ?? 8787);
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (address) => introduce(address.port));
