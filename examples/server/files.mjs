/** Files of a few folders, compressed, with the headers that a page with a portal should have. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

const HEADERS = {
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

/**
 * A file is compressed once and sent many times. The last two levels of brotli take seconds and
 * save a tenth: use them where files are compressed at build time.
 */
const CODINGS = {
  br: (raw) => promisify(brotliCompress)(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (raw) => promisify(gzip)(raw, { level: 9 }),
  identity: async (raw) => raw,
};

/**
 * Files by their paths. What names a file by its content (`versioned`) never changes and is kept
 * for a year; the rest is asked for again each time.
 *
 * @param files by path: `{ '/page.css': { file: '/srv/www/page.css', versioned: true } }`; `change` is what else becomes of a text
 */
export function fileServer(files, headers = HEADERS) {
  /** The content and its tag, by file and coding; made once. */
  const ready = new Map();
  return async (request) => {
    const found = files.get(new URL(request.url).pathname);
    if (found === undefined) return new Response('Nothing here.\n', { status: 404, headers });
    const coding = codingFor(request.headers.get('accept-encoding') ?? '');
    const key = `${coding} ${found.file}`;
    if (!ready.has(key)) ready.set(key, encoded(found, coding));
    const { content, tag } = await ready.get(key);
    const sent = {
      ...headers,
      'Cache-Control': found.versioned ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Type': TYPES[path.extname(found.file)],
      ...(coding === 'identity' ? {} : { 'Content-Encoding': coding }),
      ETag: tag,
      Vary: 'Accept-Encoding',
    };
    if (request.headers.get('if-none-match') === tag)
      return new Response(null, { status: 304, headers: sent });
    return new Response(request.method === 'HEAD' ? null : content, { headers: sent });
  };
}

/** Whether a file is of a type that is served. */
export const isServed = (name) => Object.hasOwn(TYPES, path.extname(name));

/** A hash of the content, as its name. */
export const nameOf = (content) => createHash('sha256').update(content).digest('base64url').slice(0, 16);

const codingFor = (accepted) =>
  ['br', 'gzip'].find((coding) =>
    new RegExp(`\\b${coding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$))`).test(accepted),
  ) ?? 'identity';

async function encoded({ file, change = (text) => text }, coding) {
  const raw = await readFile(file);
  const content = /\.(?:html|js|css)$/.test(file) ? change(raw.toString()) : raw;
  return { content: await CODINGS[coding](content), tag: `"${coding}-${nameOf(content)}"` };
}
