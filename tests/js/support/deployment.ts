import { type Actor, createTokens, defineCatalog, type Tokens, type TokensOptions } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

/** A catalog of two services for the tests. */
export const catalog = defineCatalog({
  version: '2026-11-23',
  services: {
    messages: {
      title: 'Messages',
      permissions: {
        send: { title: 'Send', implies: ['messages:status'] },
        status: 'Read delivery status',
        export: 'Export',
      },
    },
    branch: { title: 'Branch', permissions: { read: 'Read', create: 'Create' } },
  },
  templates: {
    sender: { title: 'Send on all channels', permissions: ['messages:send'], recommended: true },
    branches: { title: 'Branch', permissions: ['branch:*'], version: 3 },
  },
});

export const PREFIX = 'acme_test';

/** An admin of the organization that owns the tests' tokens. */
export const admin: Actor = { id: 'user:ada', roles: { 'org:acme': 'admin' } };

/** An actor without authority over it. */
export const stranger: Actor = { id: 'user:eve', roles: { 'org:other': 'admin' } };

/** A valid input of `create`, with `changes`. */
export function input(changes: Record<string, unknown> = {}) {
  return {
    kind: 'permission-set',
    name: 'Nightly sender',
    owner: 'org:acme',
    templates: ['sender'],
    ...changes,
  };
}

/** The deployment of the tests: in memory, unless `changes` override it. */
export function deployment(changes: Partial<TokensOptions> = {}): Promise<Tokens> {
  return createTokens({ catalog, store: memoryStore(), prefix: PREFIX, ...changes });
}

/** Creates a token of the tests' deployment and returns its credential. */
export async function createToken(tokens: Tokens, changes: Record<string, unknown> = {}) {
  const { token, record } = await tokens.create(input(changes), admin);
  if (token === null) throw new Error('a new token came without its credential');
  return { token, id: record.id, record };
}
