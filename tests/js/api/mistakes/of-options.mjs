/** Mistakes in the options of `createTokens` and of the stores. */

import { createTokens } from 'leastkey';
import { d1Store } from 'leastkey/stores/d1';
import { remoteStore } from 'leastkey/stores/durable-object';
import { memoryStore } from 'leastkey/stores/memory';
import { sqliteStore } from 'leastkey/stores/sqlite';
import { admin, catalog, input, options } from './world.mjs';

const code = 'invalid_input';

/** A store of a database whose driver parses JSON, as `pg` does with `jsonb`. */
function parsingStore() {
  const inner = memoryStore();
  const parsed = (value) => (value === null ? null : JSON.parse(value));
  return { ...bound(inner), get: (keys) => inner.get(keys).map(parsed) };
}

const bound = (store) => ({
  get: (keys) => store.get(keys),
  list: (range) => store.list(range),
  commit: (writes) => store.commit(writes),
});

/** The first error that a use of a deployment reports or throws. */
async function firstError(changes) {
  const errors = [];
  const tokens = await createTokens(options({ ...changes, onError: (error) => errors.push(error) }));
  await tokens.verify(
    'acme_live_2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'messages:send',
  );
  const { token } = await tokens.create(input, admin);
  await tokens.verify(token, 'messages:send');
  throw errors[0];
}

export default [
  {
    mistake: 'no options',
    call: () => createTokens(),
    expect: { code, where: 'options', what: /createTokens/, right: /catalog.*store.*prefix/ },
  },
  {
    mistake: 'no catalog',
    call: () => createTokens({ store: memoryStore(), prefix: 'acme_live' }),
    expect: { code, where: 'catalog', what: /is required/, right: /services/ },
  },
  {
    mistake: 'the path of the catalog in its place',
    call: () => createTokens(options({ catalog: './catalog.json' })),
    expect: { code, where: 'catalog', what: /expected an object, got a text/, right: /JSON\.parse/ },
  },
  {
    mistake: 'the JSON text of the catalog',
    call: () => createTokens(options({ catalog: JSON.stringify(catalog) })),
    expect: { code, where: 'catalog', what: /expected an object, got a text/, right: /JSON\.parse/ },
  },
  {
    mistake: 'the promise of the catalog: import() without await',
    call: () => createTokens(options({ catalog: Promise.resolve({ default: catalog }) })),
    expect: { code, where: 'catalog', what: /promise/, right: /await/ },
  },
  {
    mistake: 'the module of the catalog in place of its default export',
    call: () => createTokens(options({ catalog: { default: catalog } })),
    expect: { code, where: 'default', what: /unknown member "default"/, right: /"default" of the module/ },
  },
  {
    mistake: 'no store',
    call: () => createTokens({ catalog, prefix: 'acme_live' }),
    expect: { code, where: 'store', what: /is required/, right: /memoryStore\(\)/ },
  },
  {
    mistake: 'the function that makes a store, not called',
    call: () => createTokens(options({ store: memoryStore })),
    expect: { code, where: 'store', what: /function/, right: /memoryStore\(\)/ },
  },
  {
    mistake: 'the promise of a store',
    call: () => createTokens(options({ store: Promise.resolve(memoryStore()) })),
    expect: { code, where: 'store', what: /promise/, right: /await/ },
  },
  {
    mistake: 'the path of a database as the store',
    call: () => createTokens(options({ store: './tokens.db' })),
    expect: { code, where: 'store', what: /got a text/, right: /sqliteStore\(\{ path/ },
  },
  {
    mistake: 'a Map as the store',
    call: () => createTokens(options({ store: new Map() })),
    expect: { code, where: 'store', what: /list is no function/, right: /get, list and commit/ },
  },
  {
    mistake: 'Workers KV as the store',
    call: () => createTokens(options({ store: { get() {}, put() {}, list() {}, getWithMetadata() {} } })),
    expect: { code, where: 'store', what: /Workers KV/, right: /Use D1/ },
  },
  {
    mistake: 'the name that Better Auth has for the store',
    call: () => createTokens({ catalog, prefix: 'acme_live', database: memoryStore() }),
    expect: { code, where: 'database', what: /unknown option "database"/, right: /"store"/ },
  },
  {
    mistake: 'a store that parses the JSON of its values',
    call: () => firstError({ store: parsingStore() }),
    expect: {
      code: 'store_unavailable',
      where: 'get',
      what: /an object|a parsed/,
      right: /text.*unchanged|unparsed/,
    },
  },
  {
    mistake: 'a store whose get answers one value',
    call: () => firstError({ store: { ...bound(memoryStore()), get: () => 'one' } }),
    expect: { code: 'store_unavailable', where: 'get', what: /array/, right: /as long as its keys/ },
  },
  {
    mistake: 'a store whose commit answers nothing',
    call: () => {
      const inner = memoryStore();
      const commit = (writes) => void inner.commit(writes);
      return firstError({ store: { ...bound(inner), commit } });
    },
    // It does no harm: the operation reads back what became of the commit.
    expect: { code: 'store_unavailable', where: 'commit', what: /commit/, right: /true or false/ },
  },
  {
    mistake: 'the path of a SQLite file as text',
    call: () => sqliteStore('./tokens.db'),
    expect: {
      code,
      where: 'path',
      what: /got a text|expected/,
      right: /\{ path: "\.\/tokens\.db" \}|\{ path/,
    },
  },
  {
    mistake: 'another name for the path of a SQLite file',
    call: () => sqliteStore({ filename: './tokens.db' }),
    expect: { code, where: 'filename', what: /unknown option "filename"/, right: /path/ },
  },
  {
    mistake: 'a SQLite file in a folder that does not exist',
    call: () => sqliteStore({ path: './no-such-folder/tokens.db' }),
    expect: { code: 'store_unavailable', where: 'no-such-folder', what: /no folder/, right: /create it/ },
  },
  {
    mistake: 'a D1 binding that the worker does not have',
    call: () => d1Store(undefined),
    expect: { code, where: 'database', what: /expected the binding/, right: /env\.DB/ },
  },
  {
    mistake: 'no binding of a Durable Object',
    call: () => remoteStore(undefined, 'tokens'),
    expect: { code, where: 'namespace', what: /Durable Object/, right: /env\.TOKENS/ },
  },
  {
    mistake: 'no prefix',
    call: () => createTokens({ catalog, store: memoryStore() }),
    expect: { code, where: 'prefix', what: /is required/, right: /"acme_live"/ },
  },
  {
    mistake: 'a prefix with a blank',
    call: () => createTokens(options({ prefix: 'Acme Live' })),
    expect: { code, where: 'prefix', what: /prefix/, right: /lower-case|letters|a-z/ },
  },
  {
    mistake: 'a number for the freshness',
    call: () => createTokens(options({ freshness: 5 })),
    expect: { code, where: 'freshness', what: /5 has no unit/, right: /"5s"/ },
  },
  {
    mistake: 'words for the freshness',
    call: () => createTokens(options({ freshness: '5 seconds' })),
    expect: { code, where: 'freshness', what: /"5 seconds"/, right: /"5s"/ },
  },
  {
    mistake: 'a misspelt option',
    call: () => createTokens(options({ fresness: '5s' })),
    expect: { code, where: 'fresness', what: /unknown option "fresness"/, right: /"freshness"/ },
  },
  {
    mistake: 'the usual name of a cache time',
    call: () => createTokens(options({ ttl: '5s' })),
    expect: { code, where: 'ttl', what: /unknown option "ttl"/, right: /"freshness"/ },
  },
  {
    mistake: 'a number for the deadline',
    call: () => createTokens(options({ deadline: 5_000 })),
    expect: { code, where: 'deadline', what: /5000 has no unit/, right: /"5s"/ },
  },
  {
    mistake: 'a record key that is too short',
    call: () => createTokens(options({ recordKey: 'secret' })),
    expect: { code, where: 'recordKey', what: /expected 32 to 256 bytes/, right: /hex/ },
  },
  {
    mistake: 'the time in place of a clock',
    call: () => createTokens(options({ now: Date.now() })),
    expect: { code, where: 'now', what: /expected a function/, right: /milliseconds/ },
  },
  {
    mistake: 'an object in place of onError',
    call: () => createTokens(options({ onError: console })),
    expect: { code, where: 'onError', what: /got an object/, right: /\(error, context\)/ },
  },
  {
    mistake: 'imported keys without what was hashed',
    call: () => createTokens(options({ imported: [{ prefix: 'old_' }] })),
    expect: { code, where: 'imported[0].digestOf', what: /is required/, right: /"whole".*"rest"/ },
  },
  {
    mistake: "the deployment's own prefix as that of imported keys",
    call: () => createTokens(options({ imported: [{ prefix: 'acme_live', digestOf: 'whole' }] })),
    expect: { code, where: 'imported[0].prefix', what: /own/, right: /other system/ },
  },
];
