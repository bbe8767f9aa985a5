/** The guards of the measured servers, each as middleware of Express and of Hono. */

import * as crypto from 'node:crypto';
import { createTokens } from 'leastkey';
import { createGuard } from 'leastkey/edge';
import { requestOf, sendResponse } from 'leastkey/node';
import { memoryStore } from 'leastkey/stores/memory';
import { catalog, createToken, prefix } from '../contestants/leastkey.mjs';
import { keysOf, recordOf } from '../keys.mjs';
import { KEYS, required } from '../scenario.mjs';

/** The one route of a server. */
export const ROUTE = '/messages';

/** Every request is admitted. It brings a credential too, so that requests are equally long. */
function none(count) {
  return { credentials: keysOf(count) };
}

/** As twenty lines without a library. */
function byHand(count) {
  const credentials = keysOf(count);
  const { hash } = crypto;
  const records = new Map(credentials.map((key, at) => [hash('sha256', key, 'hex'), recordOf(key, at)]));
  const refused = (status, error) => ({ status, challenge: `Bearer error="${error}"`, error });
  const admit = (authorization) => {
    if (!authorization?.startsWith('Bearer ')) return { refusal: refused(401, 'invalid_token') };
    const record = records.get(hash('sha256', authorization.slice(7), 'hex'));
    if (record === undefined || record.status !== 'active' || Date.now() >= record.expiresAt)
      return { refusal: refused(401, 'invalid_token') };
    if (!record.permissions.has(required)) return { refusal: refused(403, 'insufficient_scope') };
    return { record };
  };
  return {
    credentials,
    express(request, response, next) {
      const { refusal, record } = admit(request.headers.authorization);
      if (refusal) {
        response.status(refusal.status).set('www-authenticate', refusal.challenge);
        return response.json({ error: refusal.error });
      }
      response.locals.token = record;
      next();
    },
    async hono(context, next) {
      const { refusal, record } = admit(context.req.header('authorization'));
      if (refusal) {
        context.header('www-authenticate', refusal.challenge);
        return context.json({ error: refusal.error }, refusal.status);
      }
      context.set('token', record);
      await next();
    },
  };
}

/** As docs/edge.md says: the routes of the catalog tell what a request needs. */
async function leastkey(count) {
  const [service, action] = required.split(':');
  const routed = structuredClone(catalog);
  routed.services[service].permissions[action] = { title: action, routes: [`GET ${ROUTE}`] };
  const tokens = await createTokens({ catalog: routed, store: memoryStore(), prefix, freshness: '5s' });
  const credentials = [];
  for (let at = 0; at < count; at += 1) credentials.push(await createToken(tokens, at));
  const guard = createGuard(tokens);
  return {
    credentials,
    async express(request, response, next) {
      const { response: refusal, verdict } = await guard(requestOf(request));
      if (refusal) return sendResponse(response, refusal);
      response.locals.token = verdict.token;
      next();
    },
    async hono(context, next) {
      const { response, verdict } = await guard(context.req.raw);
      if (response) return response;
      context.set('token', verdict.token);
      await next();
    },
  };
}

const guards = { none, byHand, leastkey };

/** A guard by its name, and the credentials that it admits. */
export const guardOf = (name, count = KEYS) => guards[name](count);
