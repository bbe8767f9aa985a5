/** node:http. Run it: node node.mjs [port] */

import { createServer } from 'node:http';
import { createGuard } from 'leastkey/edge';
import { requestOf, sendResponse } from 'leastkey/node';
import { introduce, tokens } from './deployment.mjs';

const guard = createGuard(tokens, { realm: 'acme' });

const server = createServer(async (request, response) => {
  const { response: refusal, verdict } = await guard(requestOf(request));
  if (refusal) return sendResponse(response, refusal);
  response.end(`sent by ${verdict.token.name}`);
});

server.listen(process.argv[2] ?? 8787, '127.0.0.1', () => introduce(server.address().port));
