/**
 * Better Auth with its plugin for API keys, in its fastest configuration: keys in a Map as
 * secondary storage, no rate limit.
 */

import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { heldBy, inTurn, KEYS, LIFETIME, required } from '../scenario.mjs';

const [service, action] = required.split(':');

/** Better Auth on the `stored` data, with a user if keys are to be created. */
export async function deployed({ stored = new Map(), signUp = true } = {}) {
  const auth = betterAuth({
    baseURL: 'http://localhost',
    secret: 'a secret of these benches and of nothing else',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
    secondaryStorage: {
      get: (key) => stored.get(key) ?? null,
      set: (key, value) => {
        stored.set(key, value);
      },
      delete: (key) => {
        stored.delete(key);
      },
    },
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [apiKey({ storage: 'secondary-storage', rateLimit: { enabled: false } })],
  });
  const ada = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' };
  const user = signUp ? (await auth.api.signUpEmail({ body: ada })).user : undefined;
  const create = (at) => {
    const permissions = { [service]: heldBy(at).map((permission) => permission.split(':')[1]) };
    const body = { name: `Key ${at}`, userId: user.id, expiresIn: LIFETIME / 1_000, permissions };
    return auth.api.createApiKey({ body });
  };
  return { auth, create, stored };
}

export async function verify() {
  const { auth, create } = await deployed();
  const keys = [];
  for (let at = 0; at < KEYS; at += 1) keys.push((await create(at)).key);
  const next = inTurn(keys);
  return {
    call: () => auth.api.verifyApiKey({ body: { key: next(), permissions: { [service]: [action] } } }),
    isRight: ({ valid }) => valid === true,
  };
}

export async function refuseUnknown() {
  const { auth, create } = await deployed();
  const { key } = await create(0);
  const unknown = `${key.slice(0, -2)}${key.endsWith('xy') ? 'yx' : 'xy'}`;
  return {
    call: () => auth.api.verifyApiKey({ body: { key: unknown, permissions: { [service]: [action] } } }),
    isRight: ({ valid }) => valid === false,
  };
}
