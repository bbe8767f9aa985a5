/**
 * Many calls of every kind with arguments of every shape: V8 optimizes the callers of the core,
 * finds that its assumptions were wrong, and deoptimizes them in the middle of calls. Prints the
 * count of each result.
 */

import { createTokens } from 'leastkey';
import { createVerifier } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';

const ROUNDS = Number(process.argv[2]);

const catalog = {
  services: { messages: { title: 'Messages', permissions: { send: 'Send', status: 'Status' } } },
  templates: { sender: { title: 'Send', permissions: ['messages:send'] } },
};
const admin = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
const store = memoryStore();
const deployment = { catalog, store, prefix: 'acme_test' };
const verifiers = [
  await createTokens(deployment),
  await createTokens({ ...deployment, freshness: '1h' }),
  await createVerifier({ ...deployment, freshness: '1h' }),
];
const [tokens] = verifiers;

const sources = [
  (token) => token,
  (token) => new Headers({ authorization: `Bearer ${token}` }),
  (token) => new Request('http://api.test/', { headers: { authorization: `bearer ${token}` } }),
  (token) => `${token}0`,
  () => 'garbage',
];
const requirements = [
  undefined,
  'messages:send',
  'messages:status',
  ['messages:send', 'messages:status'],
  { permission: 'messages:send', resource: 'org:acme/group:eng' },
  { any: ['messages:status', 'messages:send'] },
];
const contexts = [undefined, {}, { ip: '10.0.0.1' }, { origin: 'https://a.test', audience: 'x' }];

const counts = {};
const count = (what) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

for (let round = 0; round < ROUNDS; round++) {
  const input = { kind: 'permission-set', name: `T${round}`, owner: 'org:acme', templates: ['sender'] };
  const shapes = [input, { ...input, expiresIn: '1h' }, { ...input, tags: ['a'], metadata: { round } }];
  const { token, record } = await tokens.create(shapes[round % shapes.length], admin);
  for (let turn = 0; turn < 60; turn++) {
    const verifier = verifiers[turn % verifiers.length];
    const source = sources[turn % sources.length](token);
    const requirement = requirements[turn % requirements.length];
    const context = contexts[turn % contexts.length];
    const given = context === undefined ? [source, requirement] : [source, requirement, context];
    const verdict = turn % 2 === 0 ? await verifier.verify(...given) : verifier.verifySync(...given);
    count(verdict.code);
  }
  if (round % 3 === 0) count((await tokens.explain(token, 'messages:status')).code);
  if (round % 4 === 0) await tokens.rotate(record.id, { grace: '1h' }, admin);
  if (round % 5 === 0) count((await tokens.get(record.id, admin)).status);
  if (round % 7 === 0) await tokens.revoke(record.id, {}, admin);
  count((await tokens.verifyMany([{ credential: token }]))[0].code);
  await tokens.create({ ...input, templates: ['nobody'] }, admin).catch((error) => count(error.code));
  tokens.resolve({ templates: ['sender'] });
}
console.log(JSON.stringify(counts));
