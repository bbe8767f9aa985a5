/**
 * Imports: a catalog from the document of another system, and the keys of another system.
 *
 * @packageDocumentation
 */
export { importActions } from './actions.js';
export { fromBetterAuth } from './better-auth.js';
export type { Imported } from './catalog-draft.js';
export { type DiscoveryOptions, importDiscovery } from './discovery.js';
export type { KeyMapping, ReadKeys, RowProblem, Translation } from './key-mapping.js';
export { fromKeypal } from './keypal.js';
export { importOpenApi, type OpenApiOptions } from './openapi.js';
export type { OperationNaming } from './operations.js';
export { importPostman, type PostmanOptions } from './postman.js';
export { type ImportOptions, importScopes, type ScopeEntry } from './scopes.js';
export { importUnkey } from './unkey.js';
