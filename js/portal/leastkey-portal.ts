import { html, LitElement, type TemplateResult } from 'lit';
import type { Actor, TokenSummary } from '../api/token.js';
import type { Tokens } from '../api/tokens.js';
import type { CopyOnce } from './create/copy-once.js';
import { prefillOf } from './create/prefill.js';
import { Authority } from './data/authority.js';
import { type Fetch, httpSource } from './data/http-source.js';
import { type Engine, startEngine } from './data/portal-core.js';
import type { PortalSource } from './data/source.js';
import { Titles } from './data/titles.js';
import { tokensSource } from './data/tokens-source.js';
import { errorBox } from './error-box.js';
import { PageHistory } from './history.js';
import { Listing } from './list/list-loader.js';
import { atOwner } from './owner-context.js';
import type { Portal, StatusAction, View } from './portal-context.js';
import { screenOf } from './screens.js';
import { controls } from './styles/controls.js';
import { layout } from './styles/layout.js';
import { list } from './styles/list.js';
import { permissions } from './styles/permissions.js';
import { screens } from './styles/screens.js';
import { theme } from './styles/theme.js';
import type { Strings } from './text/strings.js';
import { Texts } from './text/text.js';
import { Times } from './text/times.js';
import type { ManageToken } from './token/manage-token.js';
import type { TokenScreen } from './token/token-screen.js';

/** The element: source, actor and current screen. */
export class LeastkeyPortal extends LitElement {
  /** One style sheet in the shadow root: page styles do not apply, and these do not leak. */
  static override styles = [theme, layout, controls, list, permissions, screens];
  static override properties = {
    api: {},
    owners: { attribute: false },
    kinds: { attribute: false },
    tokens: { attribute: false },
    actor: { attribute: false },
    fetch: { attribute: false },
    strings: { attribute: false },
    locale: {},
    routes: { type: Boolean },
    view: { state: true },
    portal: { state: true },
    error: { state: true },
    said: { state: true },
    announced: { state: true },
  };
  declare api: string | undefined;
  declare owners: readonly { id: string; title: string }[] | undefined;
  declare kinds: readonly string[] | undefined;
  declare tokens: Tokens | undefined;
  declare actor: Actor | undefined;
  declare fetch: Fetch | undefined;
  declare strings: Strings | undefined;
  declare locale: string | undefined;
  declare routes: boolean;
  declare view: View;
  declare portal: Portal | undefined;
  declare error: unknown;
  declare said: string;
  declare announced: string;
  #engine: Promise<Engine> | undefined;
  /** Counts requests, so that late responses are ignored. */
  #turn = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;
  readonly #history = new PageHistory({
    show: ({ view, owner }) => {
      if (owner !== undefined) void this.chooseOwner(owner);
      this.#show(view.screen === 'create' ? formOf(location.search) : view);
    },
    mayLeave: (leave) =>
      this.renderRoot.querySelector<CopyOnce>('leastkey-copy-once')?.mayLeave(leave) ?? true,
  });

  constructor() {
    super();
    this.routes = false;
    this.view = { screen: 'list' };
    this.said = '';
    this.announced = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // It continues after being moved within the page.
    if (this.routes && this.portal !== undefined) this.#history.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#silence);
    this.#history.stop();
    // Stops a search, unless the element was only moved, which connects it again.
    queueMicrotask(() => {
      if (!this.isConnected) this.portal?.listing.stop();
    });
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const given = ['api', 'tokens', 'actor', 'fetch', 'owners', 'kinds', 'strings', 'locale'];
    if (given.some((name) => changed.has(name))) void this.#start();
  }

  protected override render(): TemplateResult {
    const { portal } = this;
    return html`
      <div class="portal">
        ${portal === undefined ? this.#waiting() : html`${screenOf(portal, this.view)} ${this.#manager(portal)}`}
        <p class="said" role="status">${this.said}</p>
        <p class="unseen" role="status">${this.announced}</p>
      </div>
    `;
  }

  #waiting(): TemplateResult {
    const texts = new Texts(this.#language(), this.strings);
    if (this.error !== undefined) return errorBox({ texts } as Portal, this.error, () => void this.#start());
    return html`<p><progress aria-label=${texts.of('portal.loading')}></progress></p>`;
  }

  #manager(portal: Portal): TemplateResult {
    return html`<leastkey-manage-token .portal=${portal}></leastkey-manage-token>`;
  }

  /** Loads the deployment and the actor, then shows the list, or the form of a prefilled link. */
  async #start(): Promise<void> {
    const source = this.#source();
    if (source === undefined) return;
    this.portal?.listing.stop();
    Object.assign(this, { portal: undefined, error: undefined });
    this.#engine = undefined;
    const route = this.routes ? this.#history.start() : undefined;
    await this.#attempt(async () => {
      const [deployment, actor] = await Promise.all([source.deployment(), source.actor()]);
      const authority = new Authority(actor);
      const owners = this.owners ?? authority.owners().map((id) => ({ id, title: id }));
      const bare = this.#portal({ source, deployment, authority, owners });
      const first = owners.find(({ id }) => id === route?.owner) ?? owners[0];
      if (first === undefined) return bare;
      const prefill = prefillOf(location.search);
      const here = await this.#at(bare, first.id);
      const portal = prefill?.kind === undefined ? here : await this.#fitting(here, prefill.kind);
      const view = route?.view ?? (prefill === undefined ? this.view : formOf(location.search));
      const asked = view.screen === 'create' ? formOf(location.search) : view;
      const barred = asked.screen === 'create' && portal.offeredKinds().length === 0;
      this.view = barred ? { screen: 'list' } : asked;
      this.#history.enter(this.view, portal.owner, true);
      return portal;
    });
  }

  async chooseOwner(owner: string): Promise<void> {
    const { portal } = this;
    if (portal === undefined || portal.owner === owner) return;
    portal.listing.stop();
    await this.#attempt(() => this.#at(portal, owner));
    if (this.view.screen === 'list') this.#history.enter(this.view, owner, true);
    await this.updateComplete;
  }

  /** Shows the loaded state, unless another request has begun. */
  async #attempt(find: () => Promise<Portal>): Promise<void> {
    const turn = ++this.#turn;
    try {
      const portal = await find();
      if (turn !== this.#turn) return;
      this.portal = portal;
      void portal.listing.restart();
    } catch (error) {
      if (turn === this.#turn) Object.assign(this, { portal: undefined, error });
    }
  }

  /** The first owner for which this actor can create tokens of a kind; default: the current one. */
  async #fitting(portal: Portal, kind: string): Promise<Portal> {
    for (const { id } of portal.owners) {
      const there = id === portal.owner ? portal : await this.#at(portal, id);
      if (there.offeredKinds().some((rules) => rules.id === kind)) return there;
    }
    return portal;
  }

  #at(portal: Portal, owner: string): Promise<Portal> {
    return atOwner(portal, owner, this.kinds, () => this.#redraw());
  }

  #source(): PortalSource | undefined {
    if (this.tokens !== undefined && this.actor !== undefined) return tokensSource(this.tokens, this.actor);
    if (this.api === undefined) return undefined;
    return httpSource(this.api, this.fetch ?? ((input, init) => fetch(input, init)));
  }

  #portal(known: Pick<Portal, 'source' | 'deployment' | 'authority' | 'owners'>): Portal {
    const texts = new Texts(this.#language(), this.strings);
    return {
      ...known,
      titles: new Titles(known.deployment.catalog),
      texts,
      times: new Times(this.#language()),
      owner: '',
      kinds: new Map(),
      ceiling: new Set(),
      listing: new Listing(known.source, '', () => {}),
      now: () => known.source.now(),
      engine: () => this.#core(known),
      open: (view, replace) => this.open(view, replace),
      chooseOwner: (owner) => void this.chooseOwner(owner),
      showOwnerOf: ({ owner }) => this.chooseOwner(owner),
      say: (text) => this.#say(text),
      announce: (text) => {
        this.announced = text;
      },
      manage: (record, action) => this.#manage(record, action),
      changed: (record) => this.#changed(record),
      gone: (id) => this.#gone(id),
      kindTitle: (id) => id,
      offeredKinds: () => [],
    };
  }

  /** Shows another screen and adds it to the history. */
  open(view: View, replace = [view.screen, this.view.screen].includes('once')): void {
    this.#show(view);
    this.#history.enter(view, this.portal?.owner ?? '', replace);
  }

  /** Drops the previous screen, which may have a secret. */
  #show(view: View): void {
    this.view = view;
    this.said = '';
    // The screen renders after this element.
    requestAnimationFrame(() => this.renderRoot.querySelector<HTMLElement>('h2')?.focus());
  }

  /** The core of this page: the host's tokens, or one with the catalog of the server. */
  #core({ deployment, source }: Pick<Portal, 'deployment' | 'source'>): Promise<Engine> {
    this.#engine ??=
      this.tokens !== undefined ? Promise.resolve(this.tokens) : startEngine(deployment, () => source.now());
    this.#engine.catch(() => {
      this.#engine = undefined;
    });
    return this.#engine;
  }

  #manage(record: TokenSummary, action?: StatusAction): void {
    void this.renderRoot.querySelector<ManageToken>('leastkey-manage-token')?.manage(record, action);
  }

  #changed(record: TokenSummary): void {
    // Sessions are not in the list, but on the page of their parent.
    if (record.parents === undefined) this.portal?.listing.put(record);
    void this.renderRoot.querySelector<TokenScreen>('leastkey-token-page')?.load();
  }

  #gone(id: string): void {
    this.portal?.listing.remove(id);
    this.open({ screen: 'list' });
  }

  /** The listing object is the same; only its content changed. */
  #redraw(): void {
    if (this.portal !== undefined) this.portal = { ...this.portal };
  }

  #say(text: string): void {
    this.said = text;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.said = '';
    }, 6_000);
  }

  #language(): string {
    return this.locale ?? (document.documentElement.lang || navigator.language);
  }
}

/** The form with prefilled values. */
function formOf(query: string): View {
  const prefill = prefillOf(query);
  return prefill === undefined ? { screen: 'create' } : { screen: 'create', prefill };
}
