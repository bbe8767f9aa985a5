/**
 * Least-privilege access tokens: choose what they may do, create, list, edit, rotate, exchange, disable, revoke, delete, audit and
 * verify them.
 *
 * @packageDocumentation
 */
export type { Account, AccountInput, Accounts } from './accounts.js';
export type {
  AuditCheck,
  AuditEntry,
  AuditHead,
  AuditPage,
  AuditQuery,
  Audits,
  VerifyAuditOptions,
} from './audit.js';
export type {
  BulkOptions,
  BulkProgress,
  BulkReport,
  PurgeQuery,
  RevokeAllOptions,
  RevokeAllQuery,
} from './bulk.js';
export type {
  Action,
  Catalog,
  Editable,
  Kind,
  PermissionNode,
  Role,
  Service,
  Template,
} from './catalog.js';
export type { CatalogIds, Hint, IdsOf, PermissionsOf } from './catalog-ids.js';
export type { BearerError, ErrorCode, VerdictCode } from './codes.js';
export type { Conditions, RequestContext, TimeWindow } from './conditions.js';
export type { CredentialSource, HeadersLike, RequestLike } from './credential.js';
export { type DefinedCatalog, defineCatalog } from './define-catalog.js';
export type { Deployment } from './deployment.js';
export type { DescribedKind, DescribedTemplate, Description } from './describe.js';
export type { DriftedToken, DriftQuery, DriftReport, TemplateDrift } from './drift.js';
export type { Duration } from './duration.js';
export { LeastkeyError, type Problem } from './errors.js';
export type { Exchanged, ExchangeInput } from './exchange.js';
export type { Explanation, Wire } from './explain.js';
export type {
  ImportKeysOptions,
  ImportProgress,
  ImportReport,
  KeyRow,
  RowOutcome,
} from './import-keys.js';
export type { AdvanceOptions, Job, Jobs } from './jobs.js';
export type { Limits } from './limits.js';
export type { Minted, MintOptions } from './mint.js';
export type { ErrorContext, OnError } from './on-error.js';
export type {
  CallOptions,
  ExchangeOptions,
  ExplainOptions,
  RecordKey,
  TokensOptions,
  UsageOptions,
  VerifyOptions,
} from './options.js';
export type { Rotated, RotateOptions, Rotation, Rotations } from './rotation.js';
export type { RouteRequirement } from './route.js';
export type { Branch, Preview, ResolveOptions, Selection, Source, Warning } from './selection.js';
export type { Entry, MaybePromise, Range, ReadStore, Store, SyncStore, Write } from './stores/store.js';
export type { Offer, Suggestion } from './suggestion.js';
export { createTokens, type Tokens } from './tokens.js';
export type {
  Actor,
  AddressUse,
  Created,
  CreateInput,
  HostActor,
  ListQuery,
  PermissionUse,
  Requirement,
  RevokeOptions,
  TokenActor,
  TokenChange,
  TokenPage,
  TokenRecord,
  Verdict,
  VerifiedToken,
} from './types.js';
export type { FlushReport } from './usage.js';
export type { Verification, VerifyManyOptions } from './verify-many.js';
