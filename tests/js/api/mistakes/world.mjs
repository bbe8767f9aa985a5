/** The deployment that the mistakes are made with. */

import { createTokens } from 'leastkey';
import { memoryStore } from 'leastkey/stores/memory';

export const catalog = {
  services: {
    messages: { title: 'Messages', permissions: { send: 'Send', status: 'Read delivery status' } },
    policies: {
      title: 'Policies',
      permissions: { draft: { title: 'Drafts', permissions: { read: 'Read', write: 'Write' } } },
    },
  },
  templates: { sender: { title: 'Send messages', permissions: ['messages:send'] } },
  roles: { user: { title: 'User', permissions: ['messages:*'] } },
};

/** An admin of the organization. */
export const admin = { id: 'user:1', roles: { 'org:acme': 'admin' } };

/** A right input of `create`. */
export const input = {
  kind: 'permission-set',
  name: 'Nightly sender',
  owner: 'org:acme',
  templates: ['sender'],
  expiresIn: '90d',
};

/** Right options of `createTokens`, with `changes`. */
export const options = (changes = {}) => ({
  catalog,
  store: memoryStore(),
  prefix: 'acme_live',
  ...changes,
});

/** A deployment with one token. */
export async function world(changes) {
  const tokens = await createTokens(options(changes));
  const { token, record } = await tokens.create(input, admin);
  return { tokens, token, record, id: record.id, admin, input };
}
