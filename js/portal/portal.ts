import type { Deployment } from '../api/catalog.js';
import type { DescribedKind } from '../api/describe.js';
import type { TokenRecord } from '../api/token.js';
import type { Prefill } from './create/prefill.js';
import type { Authority } from './data/authority.js';
import type { Engine } from './data/engine.js';
import type { PortalSource } from './data/source.js';
import type { Titles } from './data/titles.js';
import type { Listing } from './list/listing.js';
import type { Texts } from './text/text.js';
import type { Times } from './text/times.js';

/** Where somebody is in the portal. */
export type View =
  | { screen: 'list' }
  | { screen: 'create'; prefill?: Prefill }
  | { screen: 'token'; id: string }
  | { screen: 'edit'; id: string; narrow?: true; from?: 'list' }
  | { screen: 'once'; credential: string; record: TokenRecord; rotated: boolean };

/** What every part of the screen needs. */
export interface Portal {
  source: PortalSource;
  deployment: Deployment;
  authority: Authority;
  titles: Titles;
  texts: Texts;
  times: Times;
  /** Whose tokens are shown. */
  owner: string;
  /** The kinds, with what this actor may do with them there. */
  kinds: ReadonlyMap<string, DescribedKind>;
  /** The permissions that this actor can give there. */
  ceiling: ReadonlySet<string>;
  owners: readonly { id: string; title: string }[];
  listing: Listing;
  now(): number;
  /** What resolves selections and mints credentials: the core, in this page. */
  engine(): Promise<Engine>;
  /** `replace`: nobody should come back to the screen before this one. */
  open(view: View, replace?: boolean): void;
  chooseOwner(owner: string): void;
  /** Stands at the owner of a token that is shown, wherever its address came from. */
  settle(record: TokenRecord): Promise<void>;
  /** Tells that something was done: to the eye, and to a screen reader. */
  say(text: string): void;
  /** Tells a screen reader alone. */
  tell(text: string): void;
  /** What to call a kind. */
  kindTitle(id: string): string;
  /** The kinds of which a token can be made here. */
  offeredKinds(): DescribedKind[];
  /** Opens the dialog with what can be done about a token, or asks to confirm one thing. */
  manage(record: TokenRecord, action?: StatusAction): void;
  /** Takes over what became of a token. */
  changed(record: TokenRecord): void;
  /** A token that is there no more. */
  gone(id: string): void;
}

/** What somebody does about a token from its status. */
export type StatusAction = 'disable' | 'enable' | 'revoke' | 'delete' | 'rotate';
