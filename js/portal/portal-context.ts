import type { Deployment } from '../api/catalog.js';
import type { DescribedKind } from '../api/choices.js';
import type { TokenSummary } from '../api/token.js';
import type { Prefill } from './create/prefill.js';
import type { Authority } from './data/authority.js';
import type { Engine } from './data/portal-core.js';
import type { PortalSource } from './data/source.js';
import type { Titles } from './data/titles.js';
import type { Listing } from './list/list-loader.js';
import type { Texts } from './text/text.js';
import type { Times } from './text/times.js';

/** The current screen of the portal. */
export type View =
  | { screen: 'list' }
  | { screen: 'create'; prefill?: Prefill }
  | { screen: 'token'; id: string }
  | { screen: 'edit'; id: string; narrow?: true; from?: 'list' }
  | { screen: 'once'; credential: string; record: TokenSummary; rotated: boolean };

/** The context of all elements of the portal. */
export interface Portal {
  source: PortalSource;
  deployment: Deployment;
  authority: Authority;
  titles: Titles;
  texts: Texts;
  times: Times;
  /** The owner whose tokens are shown. */
  owner: string;
  /** The kinds, with the rights of this actor at the owner. */
  kinds: ReadonlyMap<string, DescribedKind>;
  /** The permissions that this actor can grant at the owner. */
  ceiling: ReadonlySet<string>;
  owners: readonly { id: string; title: string }[];
  listing: Listing;
  now(): number;
  /** The core in this page, which resolves selections and mints credentials. */
  engine(): Promise<Engine>;
  /** `replace`: replaces the current entry of the history. */
  open(view: View, replace?: boolean): void;
  chooseOwner(owner: string): void;
  /** Switches to the owner of the displayed token. */
  showOwnerOf(record: TokenSummary): Promise<void>;
  /** Announces a result, visibly and to screen readers. */
  say(text: string): void;
  /** Announces to screen readers only. */
  announce(text: string): void;
  /** The title of a kind. */
  kindTitle(id: string): string;
  /** The kinds of tokens that this actor can create here. */
  offeredKinds(): DescribedKind[];
  /** Opens the dialog of actions on a token, or the confirmation of one action. */
  manage(record: TokenSummary, action?: StatusAction): void;
  /** Applies the changed record of a token. */
  changed(record: TokenSummary): void;
  /** Removes a deleted token. */
  gone(id: string): void;
}

/** An action on a token. */
export type StatusAction = 'disable' | 'enable' | 'revoke' | 'delete' | 'rotate';
