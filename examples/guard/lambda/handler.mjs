/** AWS Lambda, behind an HTTP API or a function URL (payload format 2.0). */

import { createGuard } from 'leastkey/edge';
import { answer, tokens } from '../deployment.mjs';

const guard = createGuard(tokens, {
  realm: 'acme',
  clientIp: (request) => request.headers.get('x-source-ip'),
});

export async function handler(event) {
  const request = requestOfEvent(event);
  if (event.rawPath.startsWith('/leastkey/')) return resultOf(await answer(request));
  const { response, verdict } = await guard(request);
  return resultOf(response ?? new Response(`sent by ${verdict.token.name}`));
}

function requestOfEvent({ requestContext, rawPath, rawQueryString, headers, body, isBase64Encoded }) {
  const { method, sourceIp } = requestContext.http;
  return new Request(`https://${requestContext.domainName}${rawPath}?${rawQueryString}`, {
    method,
    // The gateway knows the address; a client cannot set it.
    headers: { ...headers, 'x-source-ip': sourceIp },
    body: body === undefined ? null : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  });
}

const resultOf = async (response) => ({
  statusCode: response.status,
  headers: Object.fromEntries(response.headers),
  body: await response.text(),
});
