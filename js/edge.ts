/**
 * Verifies tokens and guards requests, with a store that only answers `get`. It can change nothing.
 *
 * @packageDocumentation
 */
export type { Catalog } from './catalog.js';
export type { CatalogIds, IdsOf } from './catalog-ids.js';
export type { BearerError, VerdictCode } from './codes.js';
export type { RequestContext } from './conditions.js';
export type { CredentialSource, HeadersLike, RequestLike } from './credential.js';
export type { Duration } from './duration.js';
export { createVerifier, type Verifier, type VerifierOptions } from './edge/verifier.js';
export { LeastkeyError, type Problem } from './errors.js';
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
export type { ErrorContext, OnError } from './on-error.js';
export type { RecordKey, VerifyOptions } from './options.js';
export type { RouteRequirement } from './route.js';
export type { MaybePromise, ReadStore } from './stores/store.js';
export type { Requirement, Verdict, VerifiedToken } from './types.js';
export type { Verification, VerifyManyOptions } from './verify-many.js';
