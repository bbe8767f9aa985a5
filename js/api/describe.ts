import type { Action, Editable } from './catalog.js';

/**
 * What a screen has to know before it offers anything. The services with their permissions are in
 * the tree of `resolve`.
 */
export interface Description {
  /** The catalog's own version. */
  version: string;
  /** How credentials begin. */
  prefix: string;
  /** The owner that `manage` and `ceiling` are about. */
  owner: string;
  templates: DescribedTemplate[];
  roles: { id: string; title: string; description?: string }[];
  kinds: DescribedKind[];
  /**
   * The permissions that this actor can give at the owner, ascending: what `create` and `edit`
   * would not refuse.
   */
  ceiling: string[];
}

export interface DescribedTemplate {
  id: string;
  title: string;
  description?: string;
  version: number;
  recommended: boolean;
  /** How many permissions it gives, with what they imply. */
  permissions: number;
}

/** The rules of a kind, with all defaults filled in. Durations are milliseconds. */
export interface DescribedKind {
  id: string;
  title?: string;
  description?: string;
  /** Whether this actor manages tokens of this kind for the owner. */
  manage: boolean;
  lifetime: { default?: number; longest?: number; required: boolean; idle?: number };
  uniqueNames: boolean;
  /** Whether tokens of this kind come from an exchange only. */
  exchanged: boolean;
  technicalUser: boolean;
  editable: Editable[];
  actions: Action[];
  /** The kind's own words for its actions. */
  labels: { [Of in Action | 'enable']?: string };
  /** The role of a token that names none. */
  role?: string;
  rotation: { grace: number; longestGrace: number; reuse: 'alert' | 'disable' | 'revoke' };
  /** The most living sessions of one parent. */
  sessions: number;
}
