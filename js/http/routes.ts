import { lifecycleRoutes } from './management/lifecycle.js';
import { permissionRoutes } from './management/permissions.js';
import { tokenRoutes } from './management/tokens.js';
import { introspectionRoute } from './oauth/introspection.js';
import { metadataRoute } from './oauth/metadata.js';
import { revocationRoute } from './oauth/revocation.js';
import { openApiRoute } from './openapi/route.js';
import type { Settings } from './options.js';
import type { Route } from './route.js';

/** All that there is, in the order of the document. */
export function routesOf({ basePath, oauthPath, issuer, cookie }: Settings): Route[] {
  const table = [
    ...tokenRoutes(basePath),
    ...lifecycleRoutes(basePath),
    ...permissionRoutes(basePath),
    introspectionRoute(oauthPath),
    revocationRoute(oauthPath),
    ...(issuer === undefined ? [] : [metadataRoute(oauthPath, issuer)]),
  ];
  return [...table, openApiRoute(`${basePath}/openapi.json`, table, cookie)];
}
