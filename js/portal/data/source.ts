import type { Account } from '../../api/accounts.js';
import type { AuditPage, AuditQuery } from '../../api/audit.js';
import type { Deployment } from '../../api/catalog.js';
import type { Description } from '../../api/choices.js';
import type { Minted } from '../../api/exchange.js';
import type { RotateOptions } from '../../api/rotation.js';
import type {
  Actor,
  CreateInput,
  ListQuery,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
} from '../../api/token.js';

/** The data source of a portal. Failures are `LeastkeyError`s. */
export interface PortalSource {
  /** The clock of the source. */
  now(): number;
  deployment(): Promise<Deployment>;
  actor(): Promise<Actor>;
  /** The rights of this actor at an owner. */
  describe(owner: string): Promise<Description>;
  list(query: ListQuery, signal?: AbortSignal): Promise<TokenPage>;
  get(id: string): Promise<TokenRecord>;
  /** With the id and digest of a credential that the page minted; the secret stays in the page. */
  create(input: CreateInput & Omit<Minted, 'token'>): Promise<TokenRecord>;
  edit(id: string, change: TokenChange & { revision: number }): Promise<TokenRecord>;
  disable(id: string): Promise<TokenRecord>;
  enable(id: string): Promise<TokenRecord>;
  revoke(id: string, options: RevokeOptions): Promise<TokenRecord>;
  delete(id: string): Promise<{ id: string }>;
  /** To a secret that the page minted. */
  rotate(
    id: string,
    options: Required<Pick<RotateOptions, 'grace' | 'digest' | 'scheme'>>,
  ): Promise<TokenRecord>;
  confirmRotation(id: string): Promise<TokenRecord>;
  abortRotation(id: string): Promise<TokenRecord>;
  audit(query: AuditQuery): Promise<AuditPage>;
  /** A technical user. */
  account(id: string): Promise<Account>;
}

/**
 * The first page that is not empty, or the last one. A filter may leave a page empty although later
 * pages have items. `wanted`: whether the result is still needed.
 */
export async function filledPage<Page extends { items: readonly unknown[]; next?: After }, After>(
  read: (after: After | undefined) => Promise<Page>,
  after: After | undefined,
  wanted: () => boolean,
): Promise<Page> {
  let page = await read(after);
  while (page.items.length === 0 && page.next !== undefined && wanted()) page = await read(page.next);
  return page;
}
