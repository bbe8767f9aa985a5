/**
 * Least-privilege access tokens: choose what they may do, create, list, disable, enable, revoke, delete and verify them.
 *
 * @packageDocumentation
 */
export type {
  Catalog,
  Kind,
  PermissionNode,
  Role,
  Service,
  Template,
} from './catalog.js';
export type { CatalogIds, Hint, IdsOf, PermissionsOf } from './catalog-ids.js';
export type { BearerError, ErrorCode, VerdictCode } from './codes.js';
export type { CredentialSource, HeadersLike, RequestLike } from './credential.js';
export { type DefinedCatalog, defineCatalog } from './define-catalog.js';
export type { DriftedToken, DriftQuery, DriftReport, TemplateDrift } from './drift.js';
export type { Duration } from './duration.js';
export { LeastkeyError, type Problem } from './errors.js';
export type { Explanation, Wire } from './explain.js';
export type { CallOptions, TokensOptions, VerifyOptions } from './options.js';
export type { RouteRequirement } from './route.js';
export type { Branch, Preview, ResolveOptions, Selection, Source, Warning } from './selection.js';
export type { Entry, MaybePromise, Range, Store, SyncStore, Write } from './stores/store.js';
export type { Offer, Suggestion } from './suggestion.js';
export { createTokens, type Tokens } from './tokens.js';
export type {
  Actor,
  Created,
  CreateInput,
  ListQuery,
  Requirement,
  RevokeOptions,
  TokenPage,
  TokenRecord,
  Verdict,
  VerifiedToken,
} from './types.js';
