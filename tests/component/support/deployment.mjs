/**
 * A deployment in a SQLite file, made by the package for JavaScript, for hosts in other languages:
 * `node deployment.mjs create <folder>` writes `tokens.db`, `catalog.json` and `facts.json`,
 * `node deployment.mjs revoke <folder> <id>` revokes a token in it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';

const [verb, folder, id] = process.argv.slice(2);
const example = new URL('../../../examples/component/python/catalog.json', import.meta.url);
const catalog = JSON.parse(readFileSync(example, 'utf8'));
const actor = { id: 'user:ada', roles: { 'org:acme': 'admin' } };
const store = sqliteStore({ path: join(folder, 'tokens.db') });
const tokens = await createTokens({ catalog, store, prefix: 'acme_test' });

if (verb === 'create') {
  const create = (name, input) =>
    tokens.create({ kind: 'key', name, owner: 'org:acme', expiresIn: '90d', ...input }, actor);
  const limits = { requests: { limit: 2, per: '1h' } };
  const facts = {
    reader: await create('Reader', { add: ['notes:read'], tags: ['ci'], metadata: { team: 'ü' } }),
    writer: await create('Writer', { add: ['notes:*'] }),
    limited: await create('Limited', { add: ['notes:read'], limits }),
    counted: await create('Counted', { add: ['notes:read'], limits }),
    local: await create('Local', { add: ['notes:read'], conditions: { ips: ['10.0.0.0/8'] } }),
  };
  writeFileSync(join(folder, 'catalog.json'), JSON.stringify(catalog));
  writeFileSync(join(folder, 'facts.json'), JSON.stringify(facts));
} else {
  await tokens.revoke(id, { reason: 'test' }, actor);
}
store.close();
