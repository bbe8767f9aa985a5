/**
 * Imports: a catalog from an OpenAPI document or a list of scopes, and the keys of another system.
 *
 * @packageDocumentation
 */
export { fromBetterAuth } from './better-auth.js';
export type { Imported } from './catalog-draft.js';
export type { KeyMapping, ReadKeys, RowProblem, Translation } from './key-mapping.js';
export { fromKeypal } from './keypal.js';
export { importOpenApi, type OpenApiOptions } from './openapi.js';
export { type ImportOptions, importScopes, type ScopeEntry } from './scopes.js';
