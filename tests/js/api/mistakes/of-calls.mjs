/** Mistakes in the calls on tokens: wrong order, a credential in place of an id, guessed words. */

import { admin, input, world } from './world.mjs';

const code = 'invalid_input';

/** A call on the one token of a deployment. */
const on = (call) => async () => call(await world());

export default [
  {
    mistake: 'the credential in place of the id',
    call: on(({ tokens, token }) => tokens.get(token, admin)),
    expect: { code, where: 'id', what: /credential/, right: /"acme_live_2[0-9A-Za-z]*…?"|16 .* after/ },
  },
  {
    mistake: 'the record in place of the id',
    call: on(({ tokens, record }) => tokens.get(record, admin)),
    expect: { code, where: 'id', what: /got an object/, right: /record\.id/ },
  },
  {
    mistake: 'the name in place of the id',
    call: on(({ tokens }) => tokens.revoke('Nightly sender', {}, admin)),
    expect: { code, where: 'id', what: /token id/, right: /16 letters and digits/ },
  },
  {
    mistake: 'get without an actor',
    call: on(({ tokens, id }) => tokens.get(id)),
    expect: { code, where: 'actor', what: /is required/, right: /get\(id, actor\)/ },
  },
  {
    mistake: 'revoke without its options',
    call: on(({ tokens, id }) => tokens.revoke(id, admin)),
    expect: {
      code,
      where: 'actor',
      what: /is required/,
      right: /revoke\(id, \{\}, actor\)|revoke\(id, options, actor\)/,
    },
  },
  {
    mistake: 'revoke with the reason as text',
    call: on(({ tokens, id }) => tokens.revoke(id, 'stolen', admin)),
    expect: {
      code,
      where: 'options',
      what: /expected an object, got a string/,
      right: /\{ reason: "…" \}|\{ reason/,
    },
  },
  {
    mistake: 'rotate without its options',
    call: on(({ tokens, id }) => tokens.rotate(id, admin)),
    expect: { code, where: 'actor', what: /is required/, right: /rotate\(id, (\{\}|options), actor\)/ },
  },
  {
    mistake: 'disable with options',
    call: on(({ tokens, id }) => tokens.disable(id, {}, admin)),
    expect: { code, where: 'actor', what: /actor/, right: /disable\(id, actor\)/ },
  },
  {
    mistake: 'edit with the actor before the change',
    call: on(({ tokens, id }) => tokens.edit(id, admin, { name: 'New' })),
    expect: { code, where: 'id', what: /change|actor/, right: /edit\(id, change, actor\)/ },
  },
  {
    mistake: 'edit of permissions',
    call: on(({ tokens, id }) => tokens.edit(id, { permissions: ['messages:status'] }, admin)),
    expect: { code, where: 'permissions', what: /unknown member "permissions"/, right: /"add"/ },
  },
  {
    mistake: 'edit of the expiry',
    call: on(({ tokens, id }) => tokens.edit(id, { expiresIn: '90d' }, admin)),
    expect: {
      code,
      where: 'expiresIn',
      what: /unknown member "expiresIn"/,
      right: /rotate\(id, \{ expiresIn/,
    },
  },
  {
    mistake: 'edit that disables',
    call: on(({ tokens, id }) => tokens.edit(id, { enabled: false }, admin)),
    expect: { code, where: 'enabled', what: /unknown member "enabled"/, right: /disable\(id, actor\)/ },
  },
  {
    mistake: 'list of the actor alone',
    call: on(({ tokens }) => tokens.list(admin)),
    expect: { code, where: 'actor', what: /is required/, right: /list\((query|\{\}), actor\)/ },
  },
  {
    mistake: 'list by pages',
    call: on(({ tokens }) => tokens.list({ owner: 'org:acme', page: 2 }, admin)),
    expect: { code, where: 'page', what: /unknown member "page"/, right: /"after"/ },
  },
  {
    mistake: 'list by a cursor',
    call: on(({ tokens }) => tokens.list({ owner: 'org:acme', cursor: 'x' }, admin)),
    expect: { code, where: 'cursor', what: /unknown member "cursor"/, right: /"after"/ },
  },
  {
    mistake: 'list of too many',
    call: on(({ tokens }) => tokens.list({ owner: 'org:acme', limit: 1_000 }, admin)),
    expect: { code, where: 'limit', what: /expected a whole number/, right: /1 to 200/ },
  },
  {
    mistake: 'the grace of a rotation in seconds',
    call: on(({ tokens, id }) => tokens.rotate(id, { grace: 3_600 }, admin)),
    expect: { code, where: 'grace', what: /3600 has no unit/, right: /"1h"/ },
  },
  {
    mistake: 'a session with scopes',
    call: on(({ tokens, token }) => tokens.exchange(token, { scopes: ['messages:send'] })),
    expect: { code, where: 'scopes', what: /unknown member "scopes"/, right: /"permissions"/ },
  },
  {
    mistake: 'the lifetime of a session in seconds',
    call: on(({ tokens, token }) => tokens.exchange(token, { expiresIn: 900 })),
    expect: { code, where: 'expiresIn', what: /900 has no unit/, right: /"15m"/ },
  },
  {
    mistake: 'an exchange without its input',
    call: on(({ tokens, token }) => tokens.exchange(token)),
    expect: {
      code,
      where: 'input',
      what: /is required|expected an object/,
      right: /exchange\(credential, \{\}/,
    },
  },
  {
    mistake: 'importKeys without the prefix of the other system',
    call: on(({ tokens }) =>
      tokens.importKeys([{ ...input, name: 'Old', digest: 'ab'.repeat(32), encoding: 'hex' }], admin),
    ),
    expect: { code, where: 'imported', what: /importKeys/, right: /createTokens.*digestOf/ },
  },
  {
    mistake: 'a row of keys with another name of the digest',
    call: async () => {
      const { tokens } = await world({ imported: [{ prefix: 'old_', digestOf: 'whole' }] });
      const row = { ...input, name: 'Old', hash: 'ab'.repeat(32), encoding: 'hex' };
      const { outcomes } = await tokens.importKeys([row], admin);
      throw outcomes[0];
    },
    expect: { code, where: 'hash', what: /unknown member "hash"/, right: /"digest"/ },
  },
  {
    mistake: 'one row of keys in place of a list',
    call: async () => {
      const { tokens } = await world({ imported: [{ prefix: 'old_', digestOf: 'whole' }] });
      return tokens.importKeys({ ...input, digest: 'ab'.repeat(32), encoding: 'hex' }, admin);
    },
    expect: { code, where: 'rows', what: /got an object/, right: /list|array/ },
  },
  {
    mistake: 'a role of an account in the singular',
    call: on(({ tokens }) => tokens.accounts.put({ id: 'user:7', role: 'user' }, admin)),
    expect: { code, where: 'role', what: /unknown member "role"/, right: /"roles"/ },
  },
  {
    mistake: 'revokeAll of everything by accident',
    call: on(({ tokens }) => tokens.revokeAll({}, {}, admin)),
    expect: { code, where: 'query', what: /owner.*tag.*subject/, right: /at least one|owner: ''/ },
  },
  {
    mistake: 'purge by days',
    call: on(({ tokens }) => tokens.purge({ overFor: 90 })),
    expect: { code, where: 'overFor', what: /90 has no unit/, right: /"90d"/ },
  },
  {
    mistake: 'resolve of a list',
    call: on(({ tokens }) => tokens.resolve(['sender'])),
    expect: { code, where: 'selection', what: /expected an object, got an array/, right: /templates/ },
  },
];
