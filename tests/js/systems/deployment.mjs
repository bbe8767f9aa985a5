/** One deployment with all four systems, on a SQLite file, with other tokens of each system. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { createTokens } from 'leastkey';
import { sqliteStore } from 'leastkey/stores/sqlite';

export const catalog = JSON.parse(
  readFileSync(new URL('../../../examples/catalogs/four-systems.json', import.meta.url), 'utf8'),
);

export const day = 86_400_000;

/** The users that the host authenticated. */
export const people = {
  root: { id: 'user:0', roles: { '': 'admin' } },
  organizationAdmin: { id: 'user:1', roles: { 'org:acme': 'admin' } },
  groupAdmin: { id: 'user:2', roles: { 'org:acme/group:eng': 'admin' } },
  siblingAdmin: { id: 'user:3', roles: { 'org:acme/group:ops': 'admin' } },
  foreignAdmin: { id: 'user:4', roles: { 'org:other': 'admin', 'org:acme2': 'admin' } },
  organizationUser: { id: 'user:5', roles: { 'org:acme': 'user' } },
  groupUser: { id: 'user:6', roles: { 'org:acme/group:eng': 'user' } },
  user: { id: 'user:7', roles: { 'user:7': 'user' } },
  otherUser: { id: 'user:8', roles: { 'user:8': 'user' } },
};

/** A record as a list has it. */
export const listed = (record) => ({ ...record, permissionCount: record.permissions.length });

/** The initial state of each test: tokens of every system, of the same owners and of others. */
const neighbors = [
  { kind: 'permission-set', owner: 'org:acme', templates: ['all-channels'], subject: 'profile:1' },
  { kind: 'permission-set', owner: 'org:other', templates: ['platform-configuration'] },
  { kind: 'organization', owner: 'org:acme', role: 'admin', expiresIn: '30d' },
  { kind: 'organization', owner: 'org:other', role: 'user', expiresIn: '30d' },
  { kind: 'group', owner: 'org:acme/group:eng', role: 'user', expiresIn: '30d' },
  { kind: 'group', owner: 'org:acme/group:ops', role: 'admin', expiresIn: '30d' },
  { kind: 'personal', owner: 'user:7', templates: ['Policy'] },
  { kind: 'personal', owner: 'user:8', templates: ['CollectionDevice', 'Policy'] },
  { kind: 'application', owner: 'user:8', templates: ['library'] },
];

export async function deployment() {
  const folder = mkdtempSync(join(tmpdir(), 'leastkey-systems-'));
  // It advances with every read, so that no two tokens have the same instant.
  let instant = Date.UTC(2026, 10, 23);
  const now = () => instant++;
  const database = sqliteStore({ path: join(folder, 'tokens.db'), now });
  after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  const commits = [];
  const store = {
    get: (keys) => database.get(keys),
    list: (range) => database.list(range),
    commit(writes) {
      commits.push(writes.filter(({ value }) => value !== undefined).map(({ key }) => key));
      return database.commit(writes);
    },
  };
  const start = (changed = catalog) => createTokens({ catalog: changed, store, prefix: 'acme_test', now });
  const tokens = await start();
  for (const [at, input] of neighbors.entries()) {
    const { token } = await tokens.create({ name: `Neighbor ${at}`, ...input }, people.root);
    if (input.kind === 'application') await tokens.exchange(token, {});
  }
  return {
    tokens,
    /** The same store, served by another process, or with another catalog. */
    start,
    now,
    /** The keys of each commit. */
    commits,
    pass(milliseconds) {
      instant += milliseconds;
    },
    everything: () => entriesOf(database, ''),
    /**
     * The tokens and accounts whose stored text `work` changes, as `token/<id>` and `account/<id>`.
     */
    async changedBy(work) {
      const look = () => new Map(['account/', 'token/'].flatMap((prefix) => entriesOf(database, prefix)));
      const before = look();
      await work();
      const after = look();
      const keys = [...new Set([...before.keys(), ...after.keys()])];
      return keys.filter((key) => before.get(key) !== after.get(key)).sort();
    },
  };
}

function entriesOf(database, prefix) {
  const found = [];
  for (let after; ; ) {
    const page = database.list({ prefix, limit: 200, ...(after === undefined ? {} : { after }) });
    found.push(...page.map(({ key, value }) => [key, value]));
    if (page.length < 200) return found;
    after = page.at(-1).key;
  }
}

export const nodesOf = (tree) => tree.flatMap((node) => [node, ...nodesOf(node.children)]);
export const nodeOf = (tree, id) => nodesOf(tree).find((node) => node.id === id);

/** Where an account is stored. */
export const accountKey = (id) => `account/${id.replaceAll('/', '%2F')}`;

/** How a call ended: `done`, or the code of its error. */
export const codeOf = (call) =>
  call.then(
    () => 'done',
    ({ code }) => code,
  );

/** The secret part of a credential: everything after the id of its token. */
export function secretOf(token, { id }) {
  const secret = token.slice(token.indexOf(id) + id.length);
  if (secret.length < 30) throw new Error('the credential has no secret');
  return secret;
}
