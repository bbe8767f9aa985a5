/** The documentation site, where `npm run docs` has built it. */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileServer, isServed } from './files.mjs';

const folder = fileURLToPath(new URL('../../build/docs', import.meta.url));

/** Whether the site has been built. */
export const hasDocs = existsSync(path.join(folder, 'index.html'));

const names = hasDocs ? readdirSync(folder, { recursive: true }).filter(isServed) : [];
const files = new Map(
  names.map((name) => [
    `/docs/${name.replaceAll(path.sep, '/')}`,
    { file: path.join(folder, name), versioned: name.startsWith('assets') },
  ]),
);
for (const [name, found] of [...files]) {
  if (name.endsWith('/index.html')) files.set(name.slice(0, -'index.html'.length), found);
}

/** The pages of the generator have scripts and styles in them. */
const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const NOT_BUILT = 'The documentation is not built yet: npm run docs.\n';

export const docs = hasDocs
  ? fileServer(files, HEADERS)
  : async () => new Response(NOT_BUILT, { status: 404, headers: HEADERS });

/** Whether a path is one of the site's. */
export const isOfDocs = (pathname) => pathname.startsWith('/docs/');
