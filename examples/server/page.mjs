/**
 * The page of the portal: `www/` and the package's files for browsers. Their paths contain a hash
 * of the content, so that a browser caches them permanently; only the page itself is requested each
 * time.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileServer, isServed, nameOf } from './files.mjs';

const leastkey = fileURLToPath(new URL('.', import.meta.resolve('leastkey')));
const www = fileURLToPath(new URL('../../www', import.meta.url));

const folders = {
  '/www/': www,
  '/package/browser/': path.join(leastkey, 'browser'),
  '/package/wasm/': path.join(leastkey, 'wasm'),
};

const all = Object.entries(folders).flatMap(([prefix, folder]) =>
  readdirSync(folder)
    .filter(isServed)
    .map((name) => ({ prefix, name, file: path.join(folder, name) })),
);

/** One hash for all of them: they belong together, and import each other by relative paths. */
const version = nameOf(all.map(({ file }) => `${file} ${nameOf(readFileSync(file))}`).join('\n'));

/** `/www/page.js` in a text becomes `/v/<version>/www/page.js`. */
const versioned = (text) => text.replaceAll(/(["'])\/(www|package)\//g, `$1/v/${version}/$2/`);

/** Every file is also served under its own path. */
const files = new Map(
  all.flatMap(({ prefix, name, file }) => [
    [`${prefix}${name}`, { file }],
    [`/v/${version}${prefix}${name}`, { file, versioned: true, change: versioned }],
  ]),
);
files.set('/', { file: path.join(www, 'index.html'), change: versioned });

/** Responds for `/` and the files that it loads. */
export const page = fileServer(files);

/** Whether a path is one of the page's. */
export const isOfPage = (pathname) => /^\/(?:$|www\/|package\/|v\/)/.test(pathname);
