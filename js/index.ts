/**
 * Least-privilege access tokens: choose what they may do, create, list, edit, rotate, exchange, disable, revoke, delete, audit and
 * verify them.
 *
 * @packageDocumentation
 */

export type {
  AuditCheck,
  AuditEntry,
  AuditHead,
  AuditPage,
  AuditQuery,
  Audits,
  VerifyAuditOptions,
} from './api/audit.js';
export type {
  Action,
  Catalog,
  Editable,
  Kind,
  PermissionNode,
  Role,
  Service,
  Template,
} from './api/catalog.js';
export type { CatalogIds, Hint, IdsOf, PermissionsOf } from './api/catalog-ids.js';
export type { BearerError, ErrorCode, VerdictCode } from './api/codes.js';
export type { Conditions, RequestContext, TimeWindow } from './api/conditions.js';
export { type DefinedCatalog, defineCatalog } from './api/define-catalog.js';
export type { Deployment } from './api/deployment.js';
export type { DescribedKind, DescribedTemplate, Description } from './api/describe.js';
export type { DriftedToken, DriftQuery, DriftReport, TemplateDrift } from './api/drift.js';
export { LeastkeyError, type Problem } from './api/errors.js';
export type { Limits } from './api/limits.js';
export type { ErrorContext, OnError } from './api/on-error.js';
export type { Rotated, RotateOptions, Rotation, Rotations } from './api/rotation.js';
export type { Branch, Preview, ResolveOptions, Selection, Source, Warning } from './api/selection.js';
export type { Entry, MaybePromise, Range, ReadStore, Store, SyncStore, Write } from './api/store.js';
export type { Offer, Suggestion } from './api/suggestion.js';
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
} from './api/types.js';
export type { CredentialSource, HeadersLike, RequestLike } from './input/credential.js';
export type { Duration } from './input/duration.js';
export type { Account, AccountInput, Accounts } from './manage/accounts.js';
export type {
  BulkOptions,
  BulkProgress,
  BulkReport,
  PurgeQuery,
  RevokeAllOptions,
  RevokeAllQuery,
} from './manage/bulk.js';
export type { Exchanged, ExchangeInput } from './manage/exchange.js';
export type {
  ImportKeysOptions,
  ImportProgress,
  ImportReport,
  KeyRow,
  RowOutcome,
} from './manage/import-keys.js';
export type { AdvanceOptions, Job, Jobs } from './manage/jobs.js';
export type { Minted, MintOptions } from './manage/mint.js';
export { createTokens, type Tokens } from './manage/tokens.js';
export type {
  CallOptions,
  ExchangeOptions,
  ExplainOptions,
  RecordKey,
  TokensOptions,
  UsageOptions,
  VerifyOptions,
} from './manage/tokens-options.js';
export type { Explanation, Wire } from './verify/explain.js';
export type { RouteRequirement } from './verify/route.js';
export type { FlushReport } from './verify/usage.js';
export type { Verification, VerifyManyOptions } from './verify/verify-many.js';
