/** Koa 3. Run it here: npm install, then npm start [-- port] */

import Koa from 'koa';
import { createGuard } from 'leastkey/edge';
import { requestOf, sendResponse, toNodeHandler } from 'leastkey/node';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });
const api = toNodeHandler(answer);

const app = new Koa();

app.use(async (context, next) => {
  if (!context.path.startsWith('/leastkey/')) return next();
  context.respond = false;
  await api(context.req, context.res);
});

app.use(async (context, next) => {
  const { response, verdict } = await guard(requestOf(context.req));
  if (response) {
    context.respond = false;
    return sendResponse(context.res, response);
  }
  context.state.token = verdict.token;
  await next();
});

app.use((context) => {
  context.body = `sent by ${context.state.token.name}`;
});

const server = app.listen(process.argv[2] ?? 8787, '127.0.0.1', () => introduce(server.address().port));
