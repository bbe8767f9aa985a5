import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { ROUTE } from './guards.mjs';

/** A Hono application with a guard. */
export function application(guard) {
  const app = new Hono();
  if (guard.hono !== undefined) app.use(guard.hono);
  app.get(ROUTE, (context) => context.json({ messages: [] }));
  return app;
}

/** Serves it by Hono's own server for Node. @returns the port */
export async function listen(guard) {
  const server = serve({ fetch: application(guard).fetch, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  return server.address().port;
}
