/** The methods of a client: those of `Tokens` for one actor, the one that the API signs in. */

import type { Account, AccountInput } from '../api/accounts.js';
import type { AuditEntry, AuditPage, AuditQuery } from '../api/audit.js';
import type { CallOptions } from '../api/call.js';
import type { Deployment } from '../api/catalog.js';
import type { CatalogIds, Given, Known } from '../api/catalog-ids.js';
import type { Description } from '../api/choices.js';
import type { DriftedToken, DriftQuery, DriftReport } from '../api/drift.js';
import type { Job } from '../api/jobs.js';
import type { Rotated, RotateOptions } from '../api/rotation.js';
import type { Preview, Selection } from '../api/selection.js';
import type { Suggestion } from '../api/suggestion.js';
import type { BulkReport, RevokeAllQuery } from '../api/sweep.js';
import type {
  Actor,
  Created,
  CreateInput,
  ListedToken,
  ListQuery,
  RevokeOptions,
  TokenChange,
  TokenPage,
  TokenRecord,
} from '../api/token.js';

/** Options of {@link Client.revokeAll}. */
export interface ClientRevokeAllOptions extends CallOptions {
  /** The reason, for later readers of the records. */
  reason?: string;
  /** Called with each state of the job. */
  onProgress?: (job: Job) => void;
}

/**
 * The HTTP API of a deployment. All methods throw a `LeastkeyError`: with the code of the
 * operation, or `outcome_unknown` if the answer to a change was lost. Its `cause` is a
 * {@link ResponseError} with the status.
 */
export interface Client<Ids extends CatalogIds = CatalogIds> {
  readonly accounts: ClientAccounts;
  readonly jobs: ClientJobs;
  /** Session tokens for the token of this client. */
  readonly session: ClientSession;
  readonly oauth: ClientOAuth;
  /**
   * Creates a token. A lost answer is asked for again with the same idempotency key, which this
   * makes up if there is none. If the token was created by then, its credential is lost, and this
   * throws `outcome_unknown` with the id in the message.
   *
   * @example
   * const { token, record } = await client.create({ kind: 'personal', name: 'Laptop', templates:
   * ['Policy'] });
   */
  create<
    Kind extends string = never,
    Template extends string = never,
    Permission extends string = never,
    Role extends string = never,
  >(input: CreateInput<Given<Ids, Template, Permission, Role, Kind>>, call?: CallOptions): Promise<Created>;
  get(id: string, call?: CallOptions): Promise<TokenRecord>;
  /** One page. */
  list(query?: ListQuery, call?: CallOptions): Promise<TokenPage>;
  /**
   * The tokens of all pages.
   *
   * @example
   * for await (const { id, name } of client.listAll({ owner: 'org:acme', status: 'active' }))
   * show(id, name);
   */
  listAll(query?: ListQuery, call?: CallOptions): AsyncGenerator<ListedToken, void, undefined>;
  /** Without a `revision` in the change it applies to whatever the record is. */
  edit<Template extends string = never, Permission extends string = never, Role extends string = never>(
    id: string,
    change: TokenChange<Given<Ids, Template, Permission, Role>>,
    call?: CallOptions,
  ): Promise<TokenRecord>;
  disable(id: string, call?: CallOptions): Promise<TokenRecord>;
  enable(id: string, call?: CallOptions): Promise<TokenRecord>;
  revoke(id: string, options?: RevokeOptions, call?: CallOptions): Promise<TokenRecord>;
  delete(id: string, call?: CallOptions): Promise<{ id: string }>;
  /** A lost answer is asked for again, as that of {@link Client.create}. */
  rotate(id: string, options?: RotateOptions, call?: CallOptions): Promise<Rotated>;
  confirmRotation(id: string, call?: CallOptions): Promise<TokenRecord>;
  abortRotation(id: string, call?: CallOptions): Promise<TokenRecord>;
  /** Revokes many tokens, and waits for the job that does it. An abort leaves the job running. */
  revokeAll(query: RevokeAllQuery, options?: ClientRevokeAllOptions): Promise<Job>;
  /** What {@link Client.revokeAll} would do, as far as one second goes. */
  rehearseRevokeAll(query: RevokeAllQuery, call?: CallOptions): Promise<BulkReport>;
  describe(query?: { owner?: string }, call?: CallOptions): Promise<Description>;
  deployment(call?: CallOptions): Promise<Deployment>;
  /** As whom the API has signed this client in. */
  actor(call?: CallOptions): Promise<Actor>;
  resolve<Template extends string = never, Permission extends string = never, Role extends string = never>(
    selection: Selection<Given<Ids, Template, Permission, Role>>,
    call?: CallOptions,
  ): Promise<Preview>;
  suggest<Text extends string = never>(
    permissions: readonly Known<Ids['permission'], Text>[],
    call?: CallOptions,
  ): Promise<Suggestion>;
  drift(query?: DriftQuery, call?: CallOptions): Promise<DriftReport>;
  driftAll(query?: DriftQuery, call?: CallOptions): AsyncGenerator<DriftedToken, void, undefined>;
  audit(query: AuditQuery, call?: CallOptions): Promise<AuditPage>;
  auditAll(query: AuditQuery, call?: CallOptions): AsyncGenerator<AuditEntry, void, undefined>;
  /**
   * All entries as JSON Lines, oldest first: one text per line, with its line break.
   *
   * @throws {LeastkeyError} `store_unavailable` at the end if the response broke off.
   */
  exportAudit(
    query: Omit<AuditQuery, 'order' | 'limit'>,
    call?: CallOptions,
  ): AsyncGenerator<string, void, undefined>;
  /** The OpenAPI document of the API. */
  openApi(call?: CallOptions): Promise<Record<string, unknown>>;
}

/** Owners and technical users. */
export interface ClientAccounts {
  /** Without a `revision` it replaces whatever there is, also nothing. */
  put(input: AccountInput, call?: CallOptions): Promise<Account>;
  get(id: string, call?: CallOptions): Promise<Account>;
  disable(id: string, call?: CallOptions): Promise<Account>;
  enable(id: string, call?: CallOptions): Promise<Account>;
  delete(id: string, call?: CallOptions): Promise<{ id: string }>;
}

/** `revokeAll` as a job, which the server continues. */
export interface ClientJobs {
  start(query: RevokeAllQuery, options?: { reason?: string }, call?: CallOptions): Promise<Job>;
  /** The progress. If the server ended the job with its response, this continues it. */
  get(id: string, call?: CallOptions): Promise<Job>;
}

/** The session endpoints. Instants and durations there are in seconds. */
export interface ClientSession {
  /** A session token for the token of this client. It is never repeated: each call makes one. */
  create(call?: CallOptions): Promise<SessionAnswer>;
  /** Ends the token of this client: a session, or another token with its sessions. */
  end(call?: CallOptions): Promise<EndedSessionAnswer>;
}

interface SessionFacts {
  sessionId: string;
  userId: string;
  clientIpAddress: string | null;
  domain: string;
}

export interface SessionAnswer extends SessionFacts {
  /** The credential of the session. */
  access_token: string;
  token_type: 'Bearer';
  expires_in?: number;
  /** Its permissions, separated by blanks. */
  scope: string;
  authenticated: true;
  expiresIn?: number;
}

export interface EndedSessionAnswer extends SessionFacts {
  authenticated: false;
  expiresIn: 0;
}

/** The OAuth endpoints. Their refusals have the code `forbidden` or `invalid_input`. */
export interface ClientOAuth {
  /** RFC 8693: a narrower token in exchange for a credential. */
  exchange(
    credential: string,
    narrower?: { permissions?: readonly string[]; resource?: string },
    call?: CallOptions,
  ): Promise<ExchangeAnswer>;
  /** RFC 7662. `consume: 0`: with the remaining credits. It needs an OAuth client. */
  introspect(credential: string, options?: { consume?: 0 }, call?: CallOptions): Promise<Introspection>;
  /** RFC 7009. It needs an OAuth client. */
  revoke(credential: string, call?: CallOptions): Promise<void>;
  /** RFC 8414, of a deployment with an `issuer`. */
  metadata(call?: CallOptions): Promise<Record<string, unknown>>;
}

export interface ExchangeAnswer {
  access_token: string;
  issued_token_type: string;
  token_type: 'Bearer';
  expires_in?: number;
  scope: string;
}

export type Introspection =
  | { active: false }
  | {
      active: true;
      scope: string;
      token_type: 'Bearer';
      iat: number;
      exp?: number;
      sub: string;
      iss?: string;
      /** The id of the token. */
      jti: string;
      kind: string;
      owner: string;
      resource: string;
      resources?: Record<string, string[]>;
      remaining?: number;
    };
