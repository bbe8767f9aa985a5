/** A worker in a bundle that has the modules as text, which workerd does not compile. */

import { createTokens } from 'leastkey';
import { createGuard, createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import manage from 'leastkey/wasm/manage.wasm';
import verify from 'leastkey/wasm/verify.wasm';
import { runSuite } from '../suite.mjs';

const catalog = { services: { messages: { title: 'Messages', permissions: { send: 'Send' } } } };
const options = { catalog, store: memoryStore(), prefix: 'acme_test' };
const given = {
  createGuard,
  memoryStore,
  createTokens: (more) => createTokens({ ...more, module: { verify, manage } }),
  createVerifier: (more) => createVerifier({ ...more, module: Promise.resolve(verify) }),
};

const refusal = (promise) =>
  promise.then(
    () => 'it started',
    ({ code, message }) => ({ code, message }),
  );

export default {
  async fetch() {
    const lost = await refusal(createTokens(options));
    const wrong = await refusal(createVerifier({ ...options, module: 'leastkey_verify.wasm' }));
    return Response.json({ lost, wrong, results: await runSuite(given) });
  },
};
