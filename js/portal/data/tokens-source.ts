import type { Actor } from '../../api/token.js';
import type { Tokens } from '../../api/tokens.js';
import type { PortalSource } from './source.js';

/** Tokens on a store that this page itself can reach. */
export function tokensSource(tokens: Tokens, actor: Actor): PortalSource {
  return {
    now: () => Date.now(),
    deployment: async () => tokens.deployment(),
    actor: async () => actor,
    describe: (owner) => tokens.describe({ owner }, actor),
    list: (query, signal) => tokens.list(query, actor, signal === undefined ? {} : { signal }),
    get: (id) => tokens.get(id, actor),
    create: async (input) => (await tokens.create(input, actor)).record,
    edit: (id, change) => tokens.edit(id, change, actor),
    disable: (id) => tokens.disable(id, actor),
    enable: (id) => tokens.enable(id, actor),
    revoke: (id, options) => tokens.revoke(id, options, actor),
    delete: (id) => tokens.delete(id, actor),
    rotate: async (id, options) => (await tokens.rotate(id, options, actor)).record,
    confirmRotation: (id) => tokens.confirmRotation(id, actor),
    abortRotation: (id) => tokens.abortRotation(id, actor),
    audit: (query) => tokens.audit(query, actor),
    account: (id) => tokens.accounts.get(id, actor),
  };
}
