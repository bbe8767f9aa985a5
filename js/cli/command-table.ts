import type { Command } from 'commander';

/** A command, and how it is loaded: help of all commands loads none of them. */
export interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<Command>;
}

/** The commands under the headings of the help. */
export const COMMANDS: Readonly<Record<string, readonly CommandEntry[]>> = {
  'Start:': [
    {
      name: 'init',
      summary: 'write a catalog and a guarded server to start from',
      load: async () => (await import('./commands/init.js')).init,
    },
    {
      name: 'serve',
      summary: 'serve the HTTP API of a deployment on this machine',
      load: async () => (await import('./commands/serve.js')).serve,
    },
    {
      name: 'completion',
      summary: 'print the completion of bash, zsh or fish',
      load: async () => (await import('./commands/completion.js')).completion,
    },
  ],
  'Tokens:': [
    {
      name: 'create',
      summary: 'create a token and print its credential once',
      load: async () => (await import('./commands/create.js')).create,
    },
    {
      name: 'get',
      summary: 'show a token',
      load: async () => (await import('./commands/get.js')).get,
    },
    {
      name: 'list',
      summary: 'list the tokens of an owner, newest first',
      load: async () => (await import('./commands/list.js')).list,
    },
    {
      name: 'usage',
      summary: 'show what a token was used for, or which are unused',
      load: async () => (await import('./commands/usage.js')).usage,
    },
    {
      name: 'edit',
      summary: 'change a token, as far as its kind allows',
      load: async () => (await import('./commands/edit.js')).edit,
    },
    {
      name: 'rotate',
      summary: 'give a token a new secret and print its credential once',
      load: async () => (await import('./commands/rotate.js')).rotate,
    },
    {
      name: 'renew',
      summary: 'give a token a new lifetime and a new secret',
      load: async () => (await import('./commands/rotate.js')).renew,
    },
    {
      name: 'confirm-rotation',
      summary: 'end the old secret of a token that was rotated',
      load: async () => (await import('./commands/rotate.js')).confirmRotation,
    },
    {
      name: 'abort-rotation',
      summary: 'discard the new secret of a rotation',
      load: async () => (await import('./commands/rotate.js')).abortRotation,
    },
    {
      name: 'disable',
      summary: 'stop tokens until they are enabled again',
      load: async () => (await import('./commands/status.js')).disable,
    },
    {
      name: 'enable',
      summary: 'let disabled tokens work again',
      load: async () => (await import('./commands/status.js')).enable,
    },
    {
      name: 'revoke',
      summary: 'permanently revoke tokens, and keep their records',
      load: async () => (await import('./commands/revoke.js')).revoke,
    },
    {
      name: 'revoke-all',
      summary: 'permanently revoke all tokens of an owner, a subject or a tag',
      load: async () => (await import('./commands/revoke-all.js')).revokeAll,
    },
    {
      name: 'delete',
      summary: 'remove tokens and their records',
      load: async () => (await import('./commands/delete.js')).remove,
    },
    {
      name: 'purge',
      summary: 'remove the records of tokens that ended long ago',
      load: async () => (await import('./commands/purge.js')).purge,
    },
  ],
  'Credentials:': [
    {
      name: 'verify',
      summary: 'check whether a credential is valid',
      load: async () => (await import('./commands/verify.js')).verify,
    },
    {
      name: 'explain',
      summary: 'show why a credential is refused, and what would be needed',
      load: async () => (await import('./commands/explain.js')).explain,
    },
    {
      name: 'exchange',
      summary: 'exchange a credential for a session token',
      load: async () => (await import('./commands/exchange.js')).exchange,
    },
    {
      name: 'scan',
      summary: 'find credentials of this deployment in files',
      load: async () => (await import('./commands/scan.js')).scan,
    },
  ],
  'Permissions:': [
    {
      name: 'resolve',
      summary: 'show which permissions a selection comes to',
      load: async () => (await import('./commands/resolve.js')).resolve,
    },
    {
      name: 'suggest',
      summary: 'find the smallest selection for some permissions',
      load: async () => (await import('./commands/suggest.js')).suggest,
    },
    {
      name: 'drift',
      summary: 'list the tokens that templates of today would give other permissions',
      load: async () => (await import('./commands/drift.js')).drift,
    },
    {
      name: 'catalog',
      summary: 'import, check, compare, show and document catalogs',
      load: async () => (await import('./commands/catalog.js')).catalog,
    },
  ],
  'Owners:': [
    {
      name: 'accounts',
      summary: 'register, show, disable and delete owners',
      load: async () => (await import('./commands/accounts.js')).accounts,
    },
    {
      name: 'whoami',
      summary: 'show where the tokens are, and who acts',
      load: async () => (await import('./commands/whoami.js')).whoami,
    },
  ],
  'Records:': [
    {
      name: 'store',
      summary: 'check, copy and reconcile stores',
      load: async () => (await import('./commands/store.js')).store,
    },
    {
      name: 'audit',
      summary: 'list the changes of an owner, newest first',
      load: async () => (await import('./commands/audit.js')).audit,
    },
    {
      name: 'verify-audit',
      summary: 'check that the audit trail of an owner is complete and unchanged',
      load: async () => (await import('./commands/verify-audit.js')).verifyAudit,
    },
    {
      name: 'import-keys',
      summary: 'import keys that another system issued and hashed',
      load: async () => (await import('./commands/import-keys.js')).importKeys,
    },
  ],
};

export const everyEntry = (): CommandEntry[] => Object.values(COMMANDS).flat();
