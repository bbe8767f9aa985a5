/** The page of the portal: `www/`, and the package as a page loads it. */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileServer } from './files.mjs';

const leastkey = fileURLToPath(new URL('.', import.meta.resolve('leastkey')));
const www = fileURLToPath(new URL('../../www', import.meta.url));

const files = fileServer({
  '/www/': www,
  '/package/browser/': path.join(leastkey, 'browser'),
  '/package/wasm/': path.join(leastkey, 'wasm'),
});

/** Answers for `/` and for what it loads. */
export function page(request) {
  const { pathname } = new URL(request.url);
  return pathname === '/'
    ? files(new Request(new URL('/www/index.html', request.url), request))
    : files(request);
}
