/**
 * Catalogs made from what you have: an OpenAPI document, or a list of scopes.
 *
 * @packageDocumentation
 */
export type { Imported } from './draft.js';
export { importOpenApi, type OpenApiOptions } from './openapi.js';
export { type ImportOptions, importScopes, type ScopeEntry } from './scopes.js';
