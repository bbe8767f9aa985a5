/** The operations of a deployment for one actor: on a store, or over HTTP. */

import type { Actor } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import type { Client, ClientAccounts } from '../client/client-api.js';

/** What both can do, in the form of the client: it has its actor already. */
export type Operations = Pick<
  Client,
  | 'abortRotation'
  | 'audit'
  | 'confirmRotation'
  | 'create'
  | 'delete'
  | 'deployment'
  | 'describe'
  | 'disable'
  | 'drift'
  | 'edit'
  | 'enable'
  | 'exportAudit'
  | 'get'
  | 'list'
  | 'resolve'
  | 'revoke'
  | 'rotate'
  | 'suggest'
> & { readonly accounts: ClientAccounts; actor(): Promise<Actor> };

/** The operations of an actor on a store. */
export function operationsOf(tokens: Tokens, actor: Actor): Operations {
  const { accounts } = tokens;
  return {
    accounts: {
      put: (input, call) => accounts.put(input, actor, call),
      get: (id, call) => accounts.get(id, actor, call),
      disable: (id, call) => accounts.disable(id, actor, call),
      enable: (id, call) => accounts.enable(id, actor, call),
      delete: (id, call) => accounts.delete(id, actor, call),
    },
    actor: async () => actor,
    create: (input, call) => tokens.create(input, actor, call),
    get: (id, call) => tokens.get(id, actor, call),
    list: (query = {}, call) => tokens.list(query, actor, call),
    edit: (id, change, call) => tokens.edit(id, change, actor, call),
    disable: (id, call) => tokens.disable(id, actor, call),
    enable: (id, call) => tokens.enable(id, actor, call),
    revoke: (id, options = {}, call) => tokens.revoke(id, options, actor, call),
    delete: (id, call) => tokens.delete(id, actor, call),
    rotate: (id, options = {}, call) => tokens.rotate(id, options, actor, call),
    confirmRotation: (id, call) => tokens.confirmRotation(id, actor, call),
    abortRotation: (id, call) => tokens.abortRotation(id, actor, call),
    describe: (query = {}, call) => tokens.describe(query, actor, call),
    deployment: async () => tokens.deployment(),
    resolve: async (selection) => tokens.resolve(selection),
    suggest: async (permissions) => tokens.suggest(permissions),
    drift: (query = {}, call) => tokens.drift(query, actor, call),
    audit: (query, call) => tokens.audit(query, actor, call),
    exportAudit: (query, call) => tokens.exportAudit(query, actor, call),
  };
}
