/** The races: the contestants of each figure. */

import { race } from '../race/race.mjs';

const baseline = ['by-hand', 'verify'];

/** The duration of a race, in milliseconds. */
const LENGTH = 3_000;

/** The duration of a race with its start, for the progress. */
const WHOLE = 6_000;

/** The targets of ten times as many tokens: processors cache less of them. */
const LARGER = 1.25;

const byHand = (name, says) => ({ who: `by hand, ${says}`, contestant: ['by-hand', name] });
const leastkey = (name, says, target) => ({ who: says, contestant: ['leastkey', name], target, ours: true });
const edge = (name, says, target) => ({ who: says, contestant: ['edge', name], target, ours: true });
const personal = (name, says, target) => ({ who: says, contestant: ['personal', name], target, ours: true });
const restricted = (name, says) => ({ who: says, contestant: ['restricted', name], ours: true });
const peer = (who, file, name = 'verify', more = {}) => ({ who, contestant: [file, name], ...more });

const races = {
  verify: {
    title: 'Verify a token that is cached',
    racers: [
      edge('verifySync', 'leastkey/edge, verifySync', 0.19),
      edge('verifySyncAndRead', 'leastkey/edge, verifySync, its token read', 0.2),
      edge('verify', 'leastkey/edge, await verify', 0.27),
      edge('verifyMany', 'leastkey/edge, verifyMany, each of 64', 0.07),
      leastkey('verifySync', 'leastkey, verifySync', 0.19),
      leastkey('verify', 'leastkey, await verify', 0.27),
      leastkey('verifyMany', 'leastkey, verifyMany, each of 64', 0.07),
      leastkey('guard', 'leastkey, the guard on a Request', 0.6),
      byHand('verifyByDigest', 'crypto.hash'),
      peer('by hand, WebCrypto', 'web-crypto'),
      peer('prefixed-api-key', 'prefixed-api-key'),
      peer('fast-jwt, HS256, cached', 'jwt', 'fastJwtCached'),
      peer('fast-jwt, HS256', 'jwt', 'fastJwt'),
      peer('jose, HS256', 'jwt', 'jose'),
      peer('biscuit-wasm', 'biscuit', 'verify', { flags: ['--experimental-wasm-modules'] }),
      peer('better-auth', 'better-auth'),
    ],
  },
  personal: {
    title: 'Verify one of 10,000 cached personal tokens, of 10,000 owners (the check by hand has 1,000)',
    racers: [
      personal('edgeVerifySync', 'leastkey/edge, verifySync', 0.19 * LARGER),
      personal('edgeVerifySyncAndRead', 'leastkey/edge, verifySync, its token read', 0.2 * LARGER),
      personal('edgeVerify', 'leastkey/edge, await verify', 0.27 * LARGER),
      personal('edgeVerifyMany', 'leastkey/edge, verifyMany, each of 64', 0.07 * LARGER),
      personal('verifySync', 'leastkey, verifySync', 0.19 * LARGER),
      personal('verify', 'leastkey, await verify', 0.27 * LARGER),
      personal('verifyMany', 'leastkey, verifyMany, each of 64', 0.07 * LARGER),
      byHand('verifyPersonalByDigest', '10,000 keys, crypto.hash'),
      byHand('verifyPersonal', '10,000 keys, createHash'),
    ],
  },
  restricted: {
    title: 'Verify a cached token that more than its own record decides about',
    racers: [
      restricted('edgeSession', 'leastkey/edge, verifySync, a session'),
      restricted('edgeConditionsMet', 'leastkey/edge, verifySync, with conditions on address and audience'),
      restricted('edgeOnResource', 'leastkey/edge, verifySync, on another resource each time'),
      restricted('session', 'leastkey, verifySync, a session'),
      restricted('onResource', 'leastkey, verifySync, on another resource each time'),
      restricted('conditionsMet', 'leastkey, verifySync, with conditions on address and audience'),
    ],
  },
  miss: {
    title: 'Verify a token that is not cached, from a store in memory',
    racers: [
      leastkey('miss', 'leastkey, await verify, first seen', 5),
      leastkey('missWithoutFreshness', 'leastkey, await verify, freshness 0', 4.5),
      leastkey('missWithoutRoom', 'leastkey, await verify, freshness 0, none of them known', 5),
      byHand('missByDigest', 'crypto.hash, the record from a promise, as JSON'),
      byHand('miss', 'the record from a promise, as JSON'),
    ],
  },
  refuse: {
    title: 'Refuse',
    racers: [
      byHand('refuseByDigest', 'crypto.hash, whatever is wrong'),
      leastkey('refuseGarbage', 'leastkey, garbage', 0.01),
      byHand('refuseGarbage', 'garbage'),
      leastkey('refuseCorrupted', 'leastkey, corrupted tail', 0.2),
      byHand('refuseCorrupted', 'corrupted tail'),
      leastkey('refuseUnknown', 'leastkey, unknown id', 0.17),
      byHand('refuseUnknown', 'unknown id'),
      leastkey('refuseWrongSecret', 'leastkey, wrong secret of a cached token', 0.35),
      byHand('refuseWrongSecret', 'wrong secret'),
      peer('better-auth, unknown key', 'better-auth', 'refuseUnknown'),
    ],
  },
  create: {
    title: 'Make a credential, its id and its digest, without a store',
    racers: [
      leastkey('create', 'leastkey, mint', 1),
      byHand('createByHash', 'randomBytes and crypto.hash'),
      byHand('create', 'randomBytes and createHash'),
      peer('prefixed-api-key', 'prefixed-api-key', 'create'),
    ],
  },
};

/** Without the rest of a verification: the difference of two calls, or the check itself. */
const more = (name, says, target) => ({
  who: says,
  contestant: ['leastkey', name],
  baseline: ['leastkey', 'noneOfMany'],
  figure: 'more',
  target,
  ours: true,
});

const permission = {
  title: 'The permission check alone: 1,000 granted, 50 required',
  racers: [
    more('fiftyOfMany', 'leastkey, verifySync with a list, less verifySync without', 350),
    more('fiftyOfManyFrozen', 'leastkey, verifySync with a frozen list, less verifySync without', 25),
    more('fiftyOfManyAsText', 'leastkey, verifySync with "a AND b …", less verifySync without', 25),
    peer('by hand, bitset', 'permission', 'bitset'),
    peer('by hand, Set', 'permission', 'set'),
    peer('casl', 'permission', 'casl'),
    peer('cedar-wasm', 'permission', 'cedar'),
  ].map((racer) => ({ figure: 'nanoseconds', ...racer, unit: 'ns' })),
};

export const parts = Object.entries({ ...races, permission }).map(([key, { title, racers }]) => ({
  key,
  title,
  estimate: racers.length * WHOLE,
  measure: async () => {
    const rows = [];
    for (const racer of racers) rows.push(await rowOf(racer));
    return rows;
  },
}));

async function rowOf({
  who,
  contestant,
  flags,
  target,
  ours = false,
  figure = 'times',
  unit = '×',
  ...more
}) {
  const result = await race({ contestant, baseline: more.baseline ?? baseline, milliseconds: LENGTH, flags });
  return { who, ours, unit, target, ...result[figure], nanoseconds: Math.round(result.nanoseconds.median) };
}
