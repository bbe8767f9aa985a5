/** Express 5. Run it here: npm install, then npm start [-- port] */

import express from 'express';
import { createGuard } from 'leastkey/edge';
import { requestOf, sendResponse, toNodeHandler } from 'leastkey/node';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

const app = express();

app.all('/leastkey/*rest', toNodeHandler(answer));

app.use(async (request, response, next) => {
  const { response: refusal, verdict } = await guard(requestOf(request));
  if (refusal) return sendResponse(response, refusal);
  response.locals.token = verdict.token;
  next();
});

app.post('/messages', (_request, response) => {
  response.send(`sent by ${response.locals.token.name}`);
});

const server = app.listen(process.argv[2] ?? 8787, '127.0.0.1', () => introduce(server.address().port));
