/**
 * Errors that the types of the package find at compile time. Each `@ts-expect-error` marks a line
 * that must not compile: the test run compiles this file against the packed types, and fails if the
 * error is missing.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Catalog,
  createTokens,
  defineCatalog,
  type IdsOf,
  LeastkeyError,
  type Requirement,
  type Tokens,
  type Verdict,
  type VerifiedToken,
} from 'leastkey';
import { createGuard, type Guard, type Guardable } from 'leastkey/edge';
import { memoryStore } from 'leastkey/stores/memory';
import { admin } from '../support/deployment.js';

const catalog = defineCatalog({
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'] },
        status: 'Read delivery status',
        templates: { title: 'Templates', permissions: { read: 'Read', write: 'Write' } },
        drafts: { title: 'Drafts', grantable: true, permissions: { read: 'Read' } },
      },
    },
  },
  templates: {
    sender: { title: 'Send', permissions: ['messages:send'] },
    writer: { title: 'Write', extends: ['sender'], permissions: ['messages:templates:*', '**:read'] },
  },
  roles: { user: { title: 'User', permissions: ['messages:status'] } },
});

type Ids = IdsOf<typeof catalog>;

const services = { s: { title: 'S', permissions: { a: 'A', b: 'B' } } } as const;

/** Asserts that two types are the same. */
function same<One, Other>(..._: Same<One, Other> extends true ? [] : ['the types differ']): void {}
type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Lines that are compiled, but not run. */
function compiled(_lines: () => unknown): void {}

describe('the types of a catalog', () => {
  test('have its ids', () => {
    same<
      Ids['permission'],
      | 'messages:send'
      | 'messages:status'
      | 'messages:templates:read'
      | 'messages:templates:write'
      | 'messages:drafts'
      | 'messages:drafts:read'
    >();
    same<Ids['template'], 'sender' | 'writer'>();
    same<Ids['role'], 'admin' | 'user'>();
    same<Ids['kind'], 'permission-set' | 'organization' | 'group' | 'personal'>();
    // The test of the test: a difference is an error.
    // @ts-expect-error
    same<Ids['template'], 'sender'>();
    // @ts-expect-error
    same<Ids['template'], string>();
  });

  test('find a misspelt template in extends', () => {
    compiled(() =>
      defineCatalog({
        services,
        templates: {
          one: { title: 'One', permissions: ['s:a'] },
          // @ts-expect-error there is no template "oen"
          two: { title: 'Two', extends: ['oen'] },
          three: { title: 'Three', extends: ['one', 'two'] },
        },
      }),
    );
  });

  test('find a misspelt permission in implies, in a template and in a role, and accept every pattern', () => {
    compiled(() =>
      defineCatalog({
        services: {
          s: {
            title: 'S',
            permissions: {
              // @ts-expect-error there is no permission "s:bb"
              a: { title: 'A', implies: ['s:bb'] },
              b: { title: 'B', implies: ['s:c'] },
              c: 'C',
            },
          },
        },
      }),
    );
    compiled(() =>
      defineCatalog({
        services,
        templates: {
          right: { title: 'Right', permissions: ['s:a', 's:*', '**'] },
          // @ts-expect-error there is no permission "s:aa"
          wrong: { title: 'Wrong', permissions: ['s:aa'] },
        },
        // @ts-expect-error there is no permission "t:a"
        roles: { user: { title: 'User', permissions: ['s:a', 't:a'] } },
      }),
    );
  });

  test('find a misspelt member', () => {
    compiled(() => {
      // @ts-expect-error it is "templates"
      defineCatalog({ services, template: {} });
      // @ts-expect-error it is "title"
      defineCatalog({ services: { s: { titel: 'S', permissions: {} } } });
      // @ts-expect-error it is "recommended"
      defineCatalog({ services, templates: { t: { title: 'T', permissions: ['s:a'], recomended: true } } });
    });
  });

  test('the core refuses whatever the types refuse', async () => {
    const wrong = { services, templates: { t: { title: 'T', extends: ['u'], permissions: ['s:aa'] } } };
    await assert.rejects(
      createTokens({ catalog: wrong, store: memoryStore(), prefix: 'test' }),
      (error) => error instanceof LeastkeyError && error.problems?.length === 2,
    );
  });
});

describe('the types of a deployment', () => {
  const deploy = () => createTokens({ catalog, store: memoryStore(), prefix: 'test' });

  test('have the templates and roles of create', async () => {
    const tokens = await deploy();
    const input = { kind: 'permission-set', name: 'T', owner: 'org:acme' };
    const { record } = await tokens.create({ ...input, templates: ['sender'] }, admin);
    assert.deepEqual(record.permissions, ['messages:send', 'messages:status']);
    compiled(() => [
      // @ts-expect-error there is no template "sendr"
      tokens.create({ ...input, templates: ['sender', 'sendr'] }, admin),
      // @ts-expect-error there is no role "usr"
      tokens.create({ ...input, role: 'usr' }, admin),
      // @ts-expect-error it is "templates"
      tokens.create({ ...input, template: ['sender'] }, admin),
      // @ts-expect-error there is no template "sendr"
      tokens.resolve({ templates: ['sendr'] }),
      // @ts-expect-error there is no permission "messages:snd"
      tokens.suggest(['messages:snd']),
      tokens.create({ ...input, role: 'admin', add: ['messages:*'], remove: ['**:read'] }, admin),
      tokens.create({ ...input, resources: { 'messages:send': ['org:acme/group:eng'] } }, admin),
      tokens.resolve({ templates: ['sender', 'writer'], role: 'user' }, { tree: false }),
    ]);
  });

  test('accept texts that are known at run time only, and no misspelt literal', async () => {
    const tokens = await deploy();
    const form: { kind: string; templates: string[]; add: string[]; role: string } = {
      kind: 'permission-set',
      templates: ['sender'],
      add: ['messages:drafts'],
      role: 'user',
    };
    const { record } = await tokens.create({ name: 'Form', owner: 'org:acme', ...form }, admin);
    assert.equal(record.templates[0]?.id, 'sender');
    assert.deepEqual(tokens.suggest(form.add).add[0]?.id, 'messages:drafts');
    const guard = createGuard(tokens);
    const input = { kind: 'permission-set', name: 'T', owner: 'org:acme', templates: ['sender'] };
    const [permission] = form.add;
    compiled(() => [
      tokens.create(input, admin),
      tokens.edit('x', { templates: form.templates, remove: form.add }, admin),
      tokens.resolve({ templates: form.templates, role: form.role }),
      tokens.exchange('x', { permissions: form.add }),
      tokens.verify('x', permission),
      tokens.verify('x', form.add),
      tokens.verify('x', { permission: form.role, resource: 'org:acme' }),
      guard(new Request('https://api.example/'), permission),
      // @ts-expect-error there is no kind "permision-set"
      tokens.create({ ...input, kind: 'permision-set' }, admin),
      // @ts-expect-error there is no permission "mesages:send"; a pattern has a star
      tokens.create({ ...input, add: ['mesages:send'] }, admin),
      tokens.create({ ...input, resources: {} as Record<string, string[]> }, admin),
      tokens.edit('x', { resources: { 'messages:send': null } }, admin),
      // @ts-expect-error there is no permission "messages:sned"
      tokens.create({ ...input, resources: { 'messages:sned': ['org:acme/group:eng'] } }, admin),
      // @ts-expect-error there is no permission "messages:sned"
      tokens.edit('x', { resources: { 'messages:sned': null } }, admin),
      // @ts-expect-error there is no template "sendr"
      tokens.edit('x', { templates: ['sendr'] }, admin),
      // @ts-expect-error there is no permission "messages:snd"
      tokens.exchange('x', { permissions: ['messages:snd'] }),
      // @ts-expect-error there is no permission "messages:sned"
      tokens.verify('x', 'messages:sned'),
      // @ts-expect-error there is no permission "messages:sned"
      tokens.verify('x', ['messages:send', 'messages:sned']),
      // @ts-expect-error there is no permission "messages:sned"
      tokens.explain('x', { permission: 'messages:sned', resource: 'org:acme' }),
      // @ts-expect-error there is no permission "messages:sned"
      guard(new Request('https://api.example/'), 'messages:sned'),
    ]);
  });

  test('accept a verifier and a deployment of your own', () => {
    compiled(async () => {
      const own: Guardable = {
        verify: (credential, requirement?: Requirement) => (tokens as Tokens).verify(credential, requirement),
        match: () => null,
      };
      const tokens: Pick<Tokens, 'verify'> = {
        verify: async (_credential, _requirement?: Requirement) => ({}) as Verdict,
      };
      same<ReturnType<typeof createGuard>, Guard<string>>();
      return createGuard(own)(new Request('https://api.example/'), 'anything');
    });
  });

  test('accept every form of requirement', async () => {
    const tokens = await deploy();
    compiled(() => [
      tokens.verify(null, 'messages:send'),
      tokens.verify(null, 'messages:send AND (messages:status OR messages:drafts)'),
      tokens.verify(null, ['messages:send']),
      tokens.verify(null, { any: ['messages:send'], resource: 'org:acme' }),
      tokens.verify(null, String('messages:send')),
      tokens.verify(null, tokens.match('GET', '/') ?? 'messages:send'),
      // @ts-expect-error it is "permission"
      tokens.verify(null, { permissions: 'messages:send' }),
      // @ts-expect-error a resource alone is no requirement
      tokens.explain(null, { resource: 'org:acme' }),
    ]);
  });

  test('are general if the catalog is not known', async () => {
    const tokens: Tokens = await deploy();
    const json = JSON.parse(JSON.stringify(catalog));
    const anyIds: Tokens = await createTokens({ catalog: json, store: memoryStore(), prefix: 'test' });
    const wide: Catalog = json;
    const wideIds = await createTokens({ catalog: wide, store: memoryStore(), prefix: 'test' });
    for (const any of [tokens, anyIds, wideIds]) {
      const template: string = 'sender';
      assert.deepEqual(any.resolve({ templates: [template] }, { tree: false }).permissions, [
        'messages:send',
        'messages:status',
      ]);
    }
    same<IdsOf<Catalog>['template'], string>();
    same<IdsOf<Catalog>['permission'], string>();
    // biome-ignore lint/suspicious/noExplicitAny: that is what JSON.parse gives
    same<IdsOf<any>['permission'], string>();
  });

  test('have the ids of a catalog in the call, and of one without templates', async () => {
    const tokens = await createTokens({ catalog: { services }, store: memoryStore(), prefix: 'test' });
    assert.deepEqual(tokens.resolve({ add: ['s:a'] }, { tree: false }).permissions, ['s:a']);
    compiled(() => [
      // @ts-expect-error it has no templates
      tokens.resolve({ templates: ['t'] }),
      // @ts-expect-error it has no such permission
      tokens.suggest(['s:c']),
    ]);
  });

  test('distinguish the results by their members', async () => {
    const tokens = await deploy();
    const { tree, warnings } = tokens.resolve({ role: 'admin' });
    const [branch] = tree ?? [];
    const sources = branch?.children.flatMap(({ from }) => from) ?? [];
    for (const source of sources)
      assert.ok('role' in source ? source.role === 'admin' : 'impliedBy' in source);
    for (const warning of warnings) if (warning.code === 'deprecated') assert.fail(warning.permission);
    compiled(() => {
      // @ts-expect-error no route may match
      tokens.match('GET', '/').permission;
      // @ts-expect-error it is not there with every verdict
      tokens.explain(null).then(({ add }) => add.length);
      tokens.explain(null).then(({ wire }) => wire.status.toFixed());
    });
  });
});

describe('the types of answers', () => {
  test('a verdict has what its code has', () => {
    compiled(async () => {
      const verdict = await (undefined as unknown as Tokens).verify('x', 'messages:send');
      if (verdict.valid) same<typeof verdict.token, VerifiedToken>();
      else if (verdict.code === 'insufficient_permission') same<typeof verdict.missing, string[]>();
      // @ts-expect-error: only a refusal for lack of permission tells what is missing
      else verdict.missing?.join();
      // Without a look at the code, each member may be absent.
      const { token, missing, retryAfter } = verdict;
      return [token?.id, missing, retryAfter];
    });
  });

  test('a new token has its credential, unless its client made it or the call may be a retry', () => {
    compiled(async () => {
      const tokens = undefined as unknown as Tokens;
      const actor = { id: 'user:1' };
      const input = { kind: 'personal', name: 'CI', templates: ['sender'], expiresIn: '90d' } as const;
      const made = await tokens.create(input, actor);
      same<typeof made.token, string>();
      const retried = await tokens.create({ ...input, idempotencyKey: 'x' }, actor);
      same<typeof retried.token, string | null>();
      const minted = await tokens.create({ ...input, id: 'x', digest: 'x', scheme: 'x' }, actor);
      same<typeof minted.token, string | null>();
      const rotated = await tokens.rotate('x', { grace: '1h' }, actor);
      same<typeof rotated.token, string>();
      const again = await tokens.rotate('x', { idempotencyKey: 'x' }, actor);
      same<typeof again.token, string | null>();
      // @ts-expect-error
      await tokens.create({ ...input, expiresIn: '90 days' }, actor);
      // @ts-expect-error
      await tokens.create({ ...input, expiresIn: 3600 }, actor);
    });
  });
});
