/**
 * `<leastkey-portal>`: create, copy once, list, edit, rotate, disable, revoke and delete tokens, as
 * an element for any page.
 *
 * @packageDocumentation
 */

import type { Actor } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import { CopyOnce } from './create/copy-once.js';
import { CreateToken } from './create/create-token.js';
import type { Fetch } from './data/http-source.js';
import { LeastkeyPortal } from './leastkey-portal.js';
import { TokenList } from './list/token-list.js';
import { Narrowing } from './permissions/narrowing.js';
import { PermissionEditor } from './permissions/permission-editor.js';
import { PermissionTree } from './permissions/permission-tree.js';
import type { Strings } from './text/strings.js';
import { EditToken } from './token/edit-token.js';
import { ManageToken } from './token/manage-token.js';
import { TokenAudit } from './token/token-audit.js';
import { TokenScreen } from './token/token-screen.js';
import { TokenSessions } from './token/token-sessions.js';

export { ENGLISH, type StringKey, type Strings } from './text/strings.js';

export type { Fetch };

/**
 * The element. It needs either `api`, or `tokens` and `actor`.
 *
 * @example
 * import 'leastkey/portal';
 * document.body.innerHTML = '<leastkey-portal api="/leastkey/v1"></leastkey-portal>';
 */
export interface LeastkeyPortalElement extends HTMLElement {
  /** Where the management API of `leastkey/http` is: the attribute `api`. */
  api?: string;
  /**
   * Brings the host's own authentication. Default: the page's `fetch`, with cookies of its own
   * origin.
   */
  fetch?: Fetch;
  /** In place of `api`: tokens on a store that the page can reach. */
  tokens?: Tokens;
  /** Beside `tokens`: who is managing. */
  actor?: Actor;
  /** Whose tokens can be shown. Default: what the actor is an admin of, and the actor itself. */
  owners?: readonly { id: string; title: string }[];
  /** Only tokens of these kinds are made and filtered for. Default: all of the catalog. */
  kinds?: readonly string[];
  /** Other texts, by the keys of {@link ENGLISH}. */
  strings?: Strings;
  /** The language of dates and numbers: the attribute `locale`. Default: the page's. */
  locale?: string;
  /**
   * Whether each screen has an address, as the fragment of the page's: the attribute `routes`. Then
   * back, forward, reload and links work.
   */
  routes?: boolean;
}

/** The members of the element that are its own: the attributes of `<leastkey-portal>` in JSX. */
export type PortalProperties = Partial<Omit<LeastkeyPortalElement, keyof HTMLElement>>;

declare global {
  interface HTMLElementTagNameMap {
    'leastkey-portal': LeastkeyPortalElement;
  }
}

const ELEMENTS: Readonly<Record<string, CustomElementConstructor>> = {
  'leastkey-token-list': TokenList,
  'leastkey-create-token': CreateToken,
  'leastkey-copy-once': CopyOnce,
  'leastkey-permission-editor': PermissionEditor,
  'leastkey-narrowing': Narrowing,
  'leastkey-permission-tree': PermissionTree,
  'leastkey-token-page': TokenScreen,
  'leastkey-token-audit': TokenAudit,
  'leastkey-token-sessions': TokenSessions,
  'leastkey-edit-token': EditToken,
  'leastkey-manage-token': ManageToken,
  'leastkey-portal': LeastkeyPortal,
};

// A server that imports it for a page has no custom elements.
if (globalThis.customElements !== undefined) {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    // Two bundles of one page may both bring it.
    if (customElements.get(name) === undefined) customElements.define(name, element);
  }
}
