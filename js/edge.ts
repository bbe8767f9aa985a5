/**
 * Verifies tokens and guards requests, with a store that only answers `get`. It can change nothing.
 *
 * @packageDocumentation
 */
export type { Catalog } from './api/catalog.js';
export type { CatalogIds, IdsOf } from './api/catalog-ids.js';
export type { BearerError, VerdictCode } from './api/codes.js';
export type { RequestContext } from './api/conditions.js';
export { LeastkeyError, type Problem } from './api/errors.js';
export type { ErrorContext, OnError } from './api/on-error.js';
export type { MaybePromise, ReadStore } from './api/store.js';
export type { Requirement, Verdict, VerifiedToken } from './api/types.js';
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
export type { GuardRequest } from './guard/request.js';
export type { CredentialSource, HeadersLike, RequestLike } from './input/credential.js';
export type { Duration } from './input/duration.js';
export type { RecordKey, VerifyOptions } from './manage/tokens-options.js';
export type { RouteRequirement } from './verify/route.js';
export type { Verification, VerifyManyOptions } from './verify/verify-many.js';
