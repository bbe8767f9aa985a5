import type { Action, Editable } from './catalog.js';

/** What a screen needs before it offers choices. The permissions are in the tree of `resolve`. */
export interface Description {
  /** The version of the catalog. */
  version: string;
  /** The prefix of credentials. */
  prefix: string;
  /** The owner to which `manage` and `ceiling` apply. */
  owner: string;
  templates: DescribedTemplate[];
  roles: { id: string; title: string; description?: string }[];
  kinds: DescribedKind[];
  /** The permissions that this actor can grant at the owner, sorted. */
  ceiling: string[];
}

export interface DescribedTemplate {
  id: string;
  title: string;
  description?: string;
  version: number;
  recommended: boolean;
  /** How many permissions it grants, including implied ones. */
  permissions: number;
}

/** The rules of a kind, with all defaults. Durations are milliseconds. */
export interface DescribedKind {
  id: string;
  title?: string;
  description?: string;
  /** Whether this actor manages tokens of this kind for the owner. */
  manage: boolean;
  lifetime: { default?: number; longest?: number; required: boolean; idle?: number };
  uniqueNames: boolean;
  /** Whether tokens of this kind are created by exchange only. */
  exchanged: boolean;
  technicalUser: boolean;
  editable: Editable[];
  actions: Action[];
  /** The labels of its actions. */
  labels: { [Of in Action | 'enable']?: string };
  /** The default role. */
  role?: string;
  rotation: { grace: number; longestGrace: number; reuse: 'alert' | 'disable' | 'revoke' };
  /** The most valid sessions of one parent. */
  sessions: number;
}
