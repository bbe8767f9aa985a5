import { once } from 'node:events';
import express from 'express';
import { ROUTE } from './guards.mjs';

/** Serves an Express application with a guard. @returns the port */
export async function listen(guard) {
  const app = express();
  if (guard.express !== undefined) app.use(guard.express);
  app.get(ROUTE, (_request, response) => {
    response.json({ messages: [] });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
