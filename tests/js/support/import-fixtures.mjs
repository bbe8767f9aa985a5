/** Inputs of the importer tests, and readers of the resulting catalogs. */

import { createRequire } from 'node:module';
import { permissionsOf } from './naive-permissions.mjs';

const require = createRequire(import.meta.url);

/** The path of a third-party document in a package from npm. */
export const published = (path) => require.resolve(`@readme/oas-examples/${path}`);

/** A document with one operation, `GET /things`, with these security requirements. */
export const document = (security, more = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Things & More', version: '1' },
  components: {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: '/t', scopes: { 'a:read': 'Read', 'a:write': '' } } },
      },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    },
  },
  paths: { '/things': { get: { security } } },
  ...more,
});

/** The routes of a catalog, each with the permissions that have it. */
export function routesOf(catalog) {
  const found = {};
  const walk = (nodes, above) => {
    for (const [segment, node] of Object.entries(nodes)) {
      for (const route of node.routes ?? [])
        found[route] = [found[route], `${above}:${segment}`].filter(Boolean).join(' ');
      walk(node.permissions ?? {}, `${above}:${segment}`);
    }
  };
  for (const [id, { permissions }] of Object.entries(catalog.services)) walk(permissions, id);
  return found;
}

/** The permissions of a catalog, sorted. */
export const idsOf = (catalog) => [...permissionsOf(catalog).keys()].sort();
