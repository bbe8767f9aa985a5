import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Portal } from '../portal-context.js';
import type { Filters, Order } from './list-loader.js';

const STATUSES = ['active', 'disabled', 'revoked'] as const;
const ORDERS: readonly Order[] = ['newest', 'name', 'expires', 'used'];

/** Owner, filters and order of the list. Hidden for an empty list. */
export function listTools(portal: Portal, search: (text: string) => void): TemplateResult {
  const { texts, listing, owners } = portal;
  const choice =
    owners.length > 1
      ? chooser(texts.of('portal.owner'), owners, portal.owner, (owner) => portal.chooseOwner(owner))
      : '';
  if (listing.empty) return html`<form class="tools">${choice}</form>`;
  const narrow = (change: Partial<Filters>) => void listing.restart({ ...listing.filters, ...change });
  const statusTitle = (status: string) => ({ id: status, title: texts.of(`status.${status}`) });
  const kinds = [...portal.kinds.keys()].map((id) => ({ id, title: portal.kindTitle(id) }));
  const all = { id: '', title: texts.of('list.all') };
  return html`
    <form class="tools" role="search" @submit=${(event: Event) => event.preventDefault()}>
      ${choice}
      <label class="grow">
        <span>${texts.of('list.search')}</span>
        <input
          type="search"
          maxlength="100"
          .value=${live(listing.filters.search)}
          @input=${(event: Event) => search((event.target as HTMLInputElement).value)}
        />
      </label>
      ${chooser(texts.of('list.kind'), [all, ...kinds], listing.filters.kind, (kind) => narrow({ kind }))}
      ${chooser(
        texts.of('list.status'),
        [all, ...STATUSES.map(statusTitle)],
        listing.filters.status,
        (status) => narrow({ status: status as Filters['status'] }),
      )}
      ${chooser(
        texts.of('list.sort'),
        ORDERS.map((id) => ({ id, title: texts.of(`list.sort.${id}`) })),
        listing.order,
        (order) => listing.sort(order as Order),
      )}
    </form>
  `;
}

function chooser(
  label: string,
  options: readonly { id: string; title: string }[],
  chosen: string,
  choose: (id: string) => void,
): TemplateResult {
  return html`<label>
    <span>${label}</span>
    <select @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${options.map(({ id, title }) => html`<option value=${id} ?selected=${id === chosen}>${title}</option>`)}
    </select>
  </label>`;
}
