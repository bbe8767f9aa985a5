/** node:http. Run it here: npm start [-- port] */

import { createServer } from 'node:http';
import { createGuard } from 'leastkey/edge';
import { requestOf, sendResponse, toNodeHandler } from 'leastkey/node';
import { answer, introduce, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });
const api = toNodeHandler(answer);

const server = createServer(async (request, response) => {
  if (request.url.startsWith('/leastkey/')) return api(request, response);
  const { response: refusal, verdict } = await guard(requestOf(request));
  if (refusal) return sendResponse(response, refusal);
  response.end(`sent by ${verdict.token.name}`);
});

server.listen(process.argv[2] ?? 8787, '127.0.0.1', () => introduce(server.address().port));
