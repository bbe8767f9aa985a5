/** Serves the API of the tests on a local port until it is stopped, configured for Schemathesis. */

import { createTokens } from 'leastkey';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';
import { base, catalog, hostOptions, input, people } from './api.mjs';
import { listen } from './loopback.mjs';

const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'acme_test' });
const onError = (error) => console.error(error);
const server = await listen(handler(tokens, { ...hostOptions, onError }));
process.once('SIGTERM', () => server.close());

const made = await Promise.all(
  Array.from({ length: 40 }, (_, at) =>
    tokens.create(input({ name: `T${at}`, expiresIn: '1h' }), people.ada),
  ),
);
const list = (values) => `{ values = ${JSON.stringify(values)} }`;
const config = `
headers = { Sec-Fetch-Site = "same-origin" }
[checks.missing_required_header]
expected-statuses = ["4xx"]
[auth.openapi.host]
api_key = "ada"
[auth.openapi.client]
username = "gateway"
password = "gateway-secret"
[auth.openapi.credential]
bearer = "${made[0].token}"
[dictionaries]
ids = ${list(made.map(({ record }) => record.id))}
owners = ${list(['org:acme'])}
[parameters]
"path.id" = { dictionary = "ids", probability = 0.8 }
"query.owner" = { dictionary = "owners", probability = 0.8 }
`;
console.log(JSON.stringify({ document: `${server.origin}${base}/openapi.json`, config }));
