/**
 * Least-privilege access tokens: choose what they may do, create, list, edit, rotate, exchange,
 * disable, revoke, delete, audit and verify them.
 *
 * @packageDocumentation
 */

export type { Account, AccountInput, Accounts } from './api/accounts.js';
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
  CallOptions,
  CredentialSource,
  Duration,
  HeadersLike,
  Instant,
  RequestLike,
} from './api/call.js';
export type {
  Action,
  Catalog,
  Deployment,
  Editable,
  Kind,
  PermissionNode,
  Role,
  Service,
  Template,
} from './api/catalog.js';
export type { CatalogIds, Given, IdsOf, Known, PermissionsOf, TypedCatalog } from './api/catalog-ids.js';
export type { DescribedKind, DescribedTemplate, Description } from './api/choices.js';
export type { BearerError, ErrorCode, Problem, VerdictCode } from './api/codes.js';
export type { Conditions, Limits, RecordedLimits, RequestContext, TimeWindow } from './api/conditions.js';
export { type DefinedCatalog, defineCatalog } from './api/define-catalog.js';
export type { DriftedToken, DriftQuery, DriftReport, TemplateDrift } from './api/drift.js';
export { LeastkeyError } from './api/errors.js';
export type { Exchanged, ExchangeInput, ExchangeOptions, Minted, MintOptions } from './api/exchange.js';
export type {
  ImportKeysOptions,
  ImportProgress,
  ImportReport,
  KeyRow,
  RowOutcome,
} from './api/import-keys.js';
export type { AdvanceOptions, Job, Jobs } from './api/jobs.js';
export type { ErrorContext, OnError } from './api/on-error.js';
export type { Rotated, RotatedWithToken, RotateOptions, Rotations } from './api/rotation.js';
export type {
  Branch,
  ByPermission,
  PermissionOrPattern,
  Preview,
  ResolveOptions,
  Selection,
  Source,
  Warning,
} from './api/selection.js';
export type {
  DatabaseStore,
  Entry,
  MaybePromise,
  Range,
  ReadStore,
  Store,
  SyncStore,
  WatchableStore,
  Write,
} from './api/store.js';
export type { Offer, Suggestion } from './api/suggestion.js';
export type {
  BulkOptions,
  BulkProgress,
  BulkReport,
  PurgeQuery,
  RevokeAllOptions,
  RevokeAllQuery,
} from './api/sweep.js';
export type {
  Actor,
  Created,
  CreatedWithToken,
  CreateInput,
  HostActor,
  ListedToken,
  ListQuery,
  RevokeOptions,
  Rotation,
  TokenActor,
  TokenChange,
  TokenPage,
  TokenRecord,
  TokenSummary,
} from './api/token.js';
export type { TokenOperations } from './api/token-operations.js';
export type { Tokens } from './api/tokens.js';
export type { RecordKey, TokensOptions, UsageOptions } from './api/tokens-options.js';
export type {
  AddressUse,
  FlushOptions,
  FlushReport,
  PermissionUse,
  TokenUse,
  WaitUntil,
} from './api/usage.js';
export type {
  ExplainOptions,
  Explanation,
  LackingVerdict,
  LimitedVerdict,
  PermissionOnResource,
  PermissionOrExpression,
  Reasons,
  RefusedVerdict,
  RequestLine,
  Requirement,
  RoutePermission,
  RouteRequirement,
  ValidVerdict,
  Verdict,
  Verification,
  VerifiedToken,
  VerifyManyOptions,
  VerifyOptions,
  Wire,
} from './api/verification.js';
export type { WasmSource, WasmSources } from './api/wasm-source.js';
export { createTokens } from './manage/create-tokens.js';
