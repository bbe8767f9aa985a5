/** docs/http.md against the served API: its routes with their parameters, and its refusals. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { createTokens } from 'leastkey';
import { handler } from 'leastkey/http';
import { memoryStore } from 'leastkey/stores/memory';

// In the package this table is inside a chunk.
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../../js/http/refusal.ts', import.meta.url))],
  bundle: true,
  format: 'esm',
  write: false,
});
const { STATUSES } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const guide = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');
const base = '/leastkey/v1';

test('the management table of docs/http.md has every route, with the parameters of its query', async () => {
  const catalog = { services: { a: { title: 'A', permissions: { b: 'B' } } } };
  const tokens = await createTokens({ catalog, store: memoryStore(), prefix: 'test' });
  const answer = handler(tokens, { authenticate: () => null });
  const { paths } = await (await answer(new Request(`http://api.test${base}/openapi.json`))).json();
  const served = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters }]) => {
      const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      return `${method.toUpperCase()} ${path}${names.length > 0 ? '?' : ''}${names.sort().join('&')}`;
    }),
  );
  const management = guide.slice(guide.indexOf('## Management'), guide.indexOf('## Pages and origins'));
  const documented = [...management.matchAll(/^\| `([A-Z]+) ([^`?]+)\??([^`]*)`/gm)].map(
    ([, method, path, query]) => {
      const names = query.split('&').filter((name) => name !== '');
      return `${method} ${base}${path}${names.length > 0 ? '?' : ''}${names.sort().join('&')}`;
    },
  );
  assert.deepEqual(documented.sort(), served.filter((route) => route.includes(base)).sort());
});

test('the table of refusals of docs/http.md has every code at its status', () => {
  const refusals = guide.slice(guide.indexOf('## Refusals'));
  const rows = [...refusals.matchAll(/^\| (\d{3}) \| (.*) \|$/gm)];
  const documented = rows.flatMap(([, status, cell]) =>
    [...cell.split(':')[0].matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(status)]),
  );
  assert.deepEqual(
    Object.fromEntries(documented.sort()),
    Object.fromEntries(Object.entries(STATUSES).sort()),
  );
});
