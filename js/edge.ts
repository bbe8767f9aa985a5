/**
 * Verifies tokens and guards requests. It needs only `get` of a store, and cannot change anything.
 *
 * @packageDocumentation
 */

export type { CredentialSource, Duration, GuardRequest, HeadersLike, RequestLike } from './api/call.js';
export type { Catalog } from './api/catalog.js';
export type { CatalogIds, IdsOf, Known, TypedCatalog } from './api/catalog-ids.js';
export type { BearerError, Problem, VerdictCode } from './api/codes.js';
export type { RequestContext } from './api/conditions.js';
export { LeastkeyError } from './api/errors.js';
export type { ErrorContext, OnError } from './api/on-error.js';
export type { MaybePromise, ReadStore } from './api/store.js';
export type { RecordKey } from './api/tokens-options.js';
export type { TokenUse, WaitUntil } from './api/usage.js';
export type {
  LackingVerdict,
  LimitedVerdict,
  PermissionOnResource,
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
} from './api/verification.js';
export type { WasmSource } from './api/wasm-source.js';
export { createVerifier, type Verifier, type VerifierOptions } from './edge/create-verifier.js';
export {
  type Admission,
  createGuard,
  type Guard,
  type Guardable,
  type GuardCallOptions,
  type GuardOptions,
  type PassingVerdict,
} from './guard/guard.js';
