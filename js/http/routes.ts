import { accountRoutes } from './management/accounts.js';
import { auditRoutes } from './management/audit.js';
import { bulkRoutes } from './management/bulk.js';
import { deploymentRoutes } from './management/deployment.js';
import { editRoutes } from './management/edit.js';
import { lifecycleRoutes } from './management/lifecycle.js';
import { permissionRoutes } from './management/permissions.js';
import { rotationRoutes } from './management/rotation.js';
import { tokenRoutes } from './management/tokens.js';
import { exchangeRoute } from './oauth/exchange.js';
import { introspectionRoute } from './oauth/introspection.js';
import { metadataRoute } from './oauth/metadata.js';
import { revocationRoute } from './oauth/revocation.js';
import { sessionRoutes } from './oauth/session.js';
import { openApiRoute } from './openapi/route.js';
import type { HandlerSettings } from './options.js';
import type { Route } from './route.js';

/** All routes, in the order of the document. */
export function routesOf({ basePath, oauthPath, issuer, cookie }: HandlerSettings): Route[] {
  const table = [
    ...sessionRoutes(oauthPath),
    ...deploymentRoutes(basePath),
    ...tokenRoutes(basePath),
    ...editRoutes(basePath),
    ...lifecycleRoutes(basePath),
    ...rotationRoutes(basePath),
    ...bulkRoutes(basePath),
    ...permissionRoutes(basePath),
    ...accountRoutes(basePath),
    ...auditRoutes(basePath),
    exchangeRoute(oauthPath),
    introspectionRoute(oauthPath),
    revocationRoute(oauthPath),
    ...(issuer === undefined ? [] : [metadataRoute(oauthPath, issuer)]),
  ];
  return [...table, openApiRoute(`${basePath}/openapi.json`, table, cookie)];
}
