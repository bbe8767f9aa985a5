import { join } from 'node:path';

// In a project of your own nothing is above: here the deployment of the examples, and the package.
const root = join(import.meta.dirname, '../../..');

export default {
  // One copy for all routes: Next.js would bundle one for each.
  serverExternalPackages: ['leastkey'],
  outputFileTracingRoot: root,
  turbopack: { root },
};
