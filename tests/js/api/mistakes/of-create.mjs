/** Mistakes in `create`: above all the words of Unkey, Better Auth, GitHub and OAuth. */

import { admin, input, world } from './world.mjs';

const code = 'invalid_input';

/** `create` of the right input with changes. */
const create =
  (changes, actor = admin) =>
  async () => {
    const { tokens } = await world();
    return tokens.create({ ...input, name: 'Another', ...changes }, actor);
  };

const without = (name) => {
  const { [name]: _, ...rest } = input;
  return async () => (await world()).tokens.create(rest, admin);
};

export default [
  {
    mistake: 'permissions, as every other library has it',
    call: create({ permissions: ['messages:send'] }),
    expect: { code, where: 'permissions', what: /unknown member "permissions"/, right: /"add"/ },
  },
  {
    mistake: 'scopes, as GitHub and OAuth have it',
    call: create({ scopes: ['messages:send'] }),
    expect: { code, where: 'scopes', what: /unknown member "scopes"/, right: /"add"/ },
  },
  {
    mistake: 'the scope of OAuth',
    call: create({ scope: 'messages:send' }),
    expect: { code, where: 'scope', what: /unknown member "scope"/, right: /"add"/ },
  },
  {
    mistake: 'one template as text',
    call: create({ templates: 'sender' }),
    expect: { code, where: 'templates', what: /expected an array, got a string/, right: /\["sender"\]/ },
  },
  {
    mistake: 'template, in the singular',
    call: create({ template: 'sender' }),
    expect: { code, where: 'template', what: /unknown member "template"/, right: /"templates"/ },
  },
  {
    mistake: 'a misspelt template',
    call: create({ templates: ['sendr'] }),
    expect: { code, where: 'templates[0]', what: /"sendr"/, right: /"sender"/ },
  },
  {
    mistake: 'one permission as text',
    call: create({ add: 'messages:send' }),
    expect: { code, where: 'add', what: /expected an array, got a string/, right: /\["messages:send"\]/ },
  },
  {
    mistake: 'a misspelt permission',
    call: create({ add: ['mesages:send'] }),
    expect: { code, where: 'add[0]', what: /"mesages:send"/, right: /"messages:send"/ },
  },
  {
    mistake: 'a permission with a point',
    call: create({ add: ['messages.send'] }),
    expect: { code, where: 'add[0]', what: /"messages\.send"/, right: /"messages:send"/ },
  },
  {
    mistake: 'a star over groups',
    call: create({ add: ['policies:*'] }),
    expect: { code, where: 'add[0]', what: /"policies:\*"/, right: /"policies:\*\*"/ },
  },
  {
    mistake: 'nothing chosen',
    call: create({ templates: [] }),
    expect: { code, where: 'selection', what: /no permission/, right: /template.*"add"/ },
  },
  {
    mistake: 'the lifetime in seconds, as Better Auth has it',
    call: create({ expiresIn: 60 * 60 * 24 * 7 }),
    expect: { code, where: 'expiresIn', what: /604800 has no unit/, right: /"7d"/ },
  },
  {
    mistake: 'the lifetime in words',
    call: create({ expiresIn: '90 days' }),
    expect: { code, where: 'expiresIn', what: /"90 days"/, right: /90d/ },
  },
  {
    mistake: 'a lifetime that never ends',
    call: create({ expiresIn: 'never' }),
    expect: { code, where: 'expiresIn', what: /"never"/, right: /leave (it|expiresIn) out/ },
  },
  {
    mistake: 'a lifetime of one year',
    call: create({ expiresIn: '1y' }),
    expect: { code, where: 'expiresIn', what: /"1y"/, right: /365d|90d/ },
  },
  {
    mistake: 'the expiry in seconds',
    call: create({ expiresIn: undefined, expiresAt: 1_900_000_000 }),
    expect: { code, where: 'expiresAt', what: /in the past|1970/, right: /seconds.*milliseconds/ },
  },
  {
    mistake: 'the expiry as a date that does not exist',
    call: create({ expiresIn: undefined, expiresAt: '2031-02-30' }),
    expect: { code, where: 'expiresAt', what: /"2031-02-30"/, right: /2027-01-31/ },
  },
  {
    mistake: 'the expiry as a time without a zone',
    call: create({ expiresIn: undefined, expiresAt: '2031-02-28T12:00:00' }),
    expect: { code, where: 'expiresAt', what: /"2031-02-28T12:00:00"/, right: /Z|\+01:00/ },
  },
  {
    mistake: 'the expiry as the text of a Date',
    call: create({ expiresIn: undefined, expiresAt: String(new Date(1_900_000_000_000)) }),
    expect: { code, where: 'expiresAt', what: /expiresAt/, right: /2027-01-31T12:00:00Z/ },
  },
  {
    mistake: 'an invalid Date',
    call: create({ expiresIn: undefined, expiresAt: new Date('tomorrow') }),
    expect: { code, where: 'expiresAt', what: /invalid Date/i, right: /2027-01-31|milliseconds/ },
  },
  {
    mistake: 'a lifetime and an expiry',
    call: create({ expiresAt: '2031-02-28' }),
    expect: { code, where: 'expiresAt', what: /cannot be given with expiresIn/, right: /one of the two/ },
  },
  {
    mistake: 'expires, as Unkey has it',
    call: create({ expires: Date.now() + 1_000_000 }),
    expect: { code, where: 'expires', what: /unknown member "expires"/, right: /"expires(At|In)"/ },
  },
  {
    mistake: 'the owner as a user id, as Better Auth has it',
    call: create({ userId: '7' }),
    expect: { code, where: 'userId', what: /unknown member "userId"/, right: /"owner"/ },
  },
  {
    mistake: 'ownerId, as Unkey has it',
    call: create({ ownerId: 'org:acme' }),
    expect: { code, where: 'ownerId', what: /unknown member "ownerId"/, right: /"owner"/ },
  },
  {
    mistake: 'meta, as Unkey has it',
    call: create({ meta: { plan: 'pro' } }),
    expect: { code, where: 'meta', what: /unknown member "meta"/, right: /"metadata"/ },
  },
  {
    mistake: 'the rate limit of Unkey',
    call: create({ ratelimit: { limit: 10, duration: 1_000 } }),
    expect: { code, where: 'ratelimit', what: /unknown member "ratelimit"/, right: /"limits"/ },
  },
  {
    mistake: 'remaining uses, as Unkey and Better Auth have it',
    call: create({ remaining: 100 }),
    expect: { code, where: 'remaining', what: /unknown member "remaining"/, right: /"limits"/ },
  },
  {
    mistake: 'a rate as a number',
    call: create({ limits: { requests: 100 } }),
    expect: {
      code,
      where: 'limits.requests',
      what: /expected an object, got a number/,
      right: /\{ (")?limit(")?: 100, (")?per(")?: "1m" \}/,
    },
  },
  {
    mistake: 'the period of a rate as a number',
    call: create({ limits: { requests: { limit: 10, per: 60 } } }),
    expect: { code, where: 'limits.requests.per', what: /60 has no unit/, right: /"60s"/ },
  },
  {
    mistake: 'one address as text',
    call: create({ conditions: { ips: '10.0.0.1' } }),
    expect: {
      code,
      where: 'conditions.ips',
      what: /expected an array, got a string/,
      right: /\["10\.0\.0\.1"\]/,
    },
  },
  {
    mistake: 'one tag as text',
    call: create({ tags: 'ci' }),
    expect: { code, where: 'tags', what: /expected an array, got a string/, right: /\["ci"\]/ },
  },
  {
    mistake: 'no kind',
    call: without('kind'),
    expect: { code, where: 'kind', what: /is required/, right: /"permission-set"/ },
  },
  {
    mistake: 'a misspelt kind',
    call: create({ kind: 'permision-set' }),
    expect: { code, where: 'kind', what: /"permision-set"/, right: /"permission-set"/ },
  },
  {
    mistake: 'no name',
    call: without('name'),
    expect: { code, where: 'name', what: /is required/, right: /1 to 100 characters|"Nightly sender"/ },
  },
  {
    mistake: 'no actor',
    call: async () => (await world()).tokens.create(input),
    expect: { code, where: 'actor', what: /is required/, right: /create\(input, actor\)/ },
  },
  {
    mistake: 'the id of the actor alone',
    call: create({}, 'user:1'),
    expect: {
      code,
      where: 'actor',
      what: /expected an object, got a string/,
      right: /\{ (")?id(")?: "user:1"/,
    },
  },
  {
    mistake: 'the user of a session as the actor',
    call: create({}, { userId: '1', email: 'ada@example.com' }),
    expect: { code, where: 'actor.userId', what: /unknown member "userId"/, right: /"id"/ },
  },
  {
    mistake: 'the actor before the input',
    call: async () => (await world()).tokens.create(admin, input),
    expect: { code, where: 'id', what: /input.*actor|actor.*input/, right: /create\(input, actor\)/ },
  },
  {
    mistake: 'the actor without roles',
    call: create({}, { id: 'user:1' }),
    expect: {
      code: 'forbidden',
      where: 'org:acme',
      what: /neither/,
      right: /roles: \{ ["']org:acme["']: ["']admin["'] \}/,
    },
  },
  {
    mistake: 'the roles of the actor as a list',
    call: create({}, { id: 'user:1', roles: ['admin'] }),
    expect: {
      code,
      where: 'actor.roles',
      what: /expected an object, got an array/,
      right: /\{ ["']org:acme["']: ["']admin["'] \}/,
    },
  },
  {
    mistake: 'the role of the actor in the singular',
    call: create({}, { id: 'user:1', role: 'admin' }),
    expect: { code, where: 'actor.role', what: /unknown member "role"/, right: /"roles"/ },
  },
  {
    mistake: 'a personal token whose permissions are held at an organization',
    call: create(
      { kind: 'personal', owner: 'user:7', templates: ['sender'] },
      { id: 'user:7', roles: { 'org:acme': 'user' } },
    ),
    expect: {
      code: 'exceeds_ceiling',
      where: 'user:7',
      what: /does not have/,
      right: /resource: ["']org:acme["']/,
    },
  },
  {
    mistake: 'more than the actor has',
    call: create(
      { owner: 'user:7', templates: [], add: ['policies:draft:write'] },
      { id: 'user:7', roles: { 'user:7': 'user' } },
    ),
    expect: {
      code: 'exceeds_ceiling',
      where: 'user:7',
      what: /policies:draft:write/,
      right: /ask an admin|choose|leave/,
    },
  },
  {
    mistake: 'the answer of mint with its secret',
    call: async () => {
      const { tokens } = await world();
      return tokens.create({ ...input, name: 'Minted', ...tokens.mint() }, admin);
    },
    expect: { code, where: 'token', what: /unknown member "token"/, right: /id, digest and scheme/ },
  },
  {
    mistake: 'an instance of a class as metadata',
    call: create({ metadata: { plan: new Map() } }),
    expect: { code, where: 'metadata.plan', what: /got a Map/, right: /plain object/ },
  },
];
