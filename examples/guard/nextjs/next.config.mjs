import { join } from 'node:path';

// The deployment of the examples is one folder above.
const root = join(import.meta.dirname, '..');

export default {
  // One copy for all routes: Next.js would bundle one for each.
  serverExternalPackages: ['leastkey'],
  outputFileTracingRoot: root,
  turbopack: { root },
};
