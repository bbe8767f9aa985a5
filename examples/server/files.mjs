/** Files of a few folders, compressed, with the headers that a page with a portal in it should have. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const HEADERS = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** @param folders by the path under which each is served: `{ '/www/': '/srv/www' }` */
export function fileServer(folders) {
  /** By path: the compressed content and its tag, made once. */
  const ready = new Map();
  return async (request) => {
    const { pathname } = new URL(request.url);
    const [prefix, folder] = Object.entries(folders).find(([prefix]) => pathname.startsWith(prefix)) ?? [];
    const type = TYPES[path.extname(pathname)];
    // A name that leads elsewhere is no name of a file here.
    const name = pathname.slice(prefix?.length ?? 0);
    if (type === undefined || !/^[\w.-]+$/.test(name)) return nothing();
    const file = path.join(folder, name);
    if (!ready.has(file)) ready.set(file, compressed(file));
    const { content, tag } = await ready.get(file);
    if (content === undefined) return nothing();
    const headers = { ...HEADERS, 'Content-Type': type, 'Content-Encoding': 'gzip', ETag: tag };
    if (request.headers.get('if-none-match') === tag) return new Response(null, { status: 304, headers });
    return new Response(request.method === 'HEAD' ? null : content, { headers });
  };
}

const nothing = () => new Response('Nothing here.\n', { status: 404, headers: HEADERS });

async function compressed(file) {
  const raw = await readFile(file).catch(() => undefined);
  if (raw === undefined) return {};
  const content = await promisify(gzip)(raw, { level: 9 });
  return { content, tag: `"${createHash('sha256').update(raw).digest('base64url').slice(0, 22)}"` };
}
